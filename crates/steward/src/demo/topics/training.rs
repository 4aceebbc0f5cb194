//! Learning to use it.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        subjects: &["Introduction for a new team of {count}", "Training for new colleagues"],
        problems: &[
            "On the first of next month {count} people join us. Is there an introduction that they can take together, remotely?",
            "We would like a course of half a day for our project leads. Which dates are free?",
        ],
        asks: &["Have they worked with boards before, or do we start from zero?"],
        answers: &["From zero, but they are quick."],
        notes: &["Booked with Ngozi, half a day, remote."],
        cures: &[
            "It is booked, the invitation with the link is in your calendar. The exercises work in your own account, in a project that we delete afterwards.",
        ],
        tags: &["training", "onboarding"],
    },
    Topic {
        subjects: &["Recording of the webinar", "Slides of last week's webinar"],
        problems: &[
            "I missed the webinar on reports. Is there a recording, and may I show it to my team?",
            "The link to the recording asks for a password that I do not have.",
        ],
        asks: &["Which one do you mean, the introduction or the one on formulas?"],
        answers: &["The one on reports, of {day}."],
        notes: &[],
        cures: &[
            "The recording and the slides are in the library under Learning > Recordings, no password needed. You may show them to anybody.",
        ],
        tags: &["training", "webinar"],
    },
    Topic {
        subjects: &["Admin training: roles and permissions", "Who may do what? Session for our admins"],
        problems: &[
            "Our two new owners need to understand roles, guests and groups before we open the account to suppliers.",
            "We are not sure that our permissions are as they should be. Could somebody go through them with us?",
        ],
        asks: &["Shall we look at your own account together, or at an example?"],
        answers: &["At our own, please. It has grown over the years."],
        notes: &["They have {count} groups, half of them are empty. Prepared a list."],
        cures: &[
            "As agreed we have written down what we changed together; the list is attached. The session can be repeated any time.",
        ],
        tags: &["training", "permissions"],
    },
    Topic {
        subjects: &["Certificate for finished course", "Course is shown as unfinished"],
        problems: &[
            "I finished all lessons of the course and did not get the certificate. The last lesson is shown at 95 %.",
            "The name on my certificate is misspelt, the second letter has lost its accent.",
        ],
        asks: &["Could you open the last lesson once more and stay until the end of the clip?"],
        answers: &["Done, now it says 100 %."],
        notes: &["Player does not count the last seconds in {browser}."],
        cures: &[
            "The certificate is in your profile, with the right spelling. The player now counts a lesson as done a few seconds before its end.",
        ],
        tags: &["training", "certificate"],
    },
    Topic {
        subjects: &["Best way to plan shifts?", "Advice on setting up our first project"],
        problems: &[
            "We plan shifts for {count} people. Boards or the timeline? We do not want to start in the wrong way.",
            "Could somebody look at our first project and tell us what we could do better?",
        ],
        asks: &["May we look into the project 'Pilot'? You can allow it under Help > Allow access."],
        answers: &["Allowed until {day}."],
        notes: &["Nice set-up. Two tips: templates, and groups instead of tags."],
        cures: &[
            "We looked at it: templates for the repeating part and a group per shift will save you most of the work. We have made an example that you can copy.",
        ],
        tags: &["training", "advice"],
    },
];
