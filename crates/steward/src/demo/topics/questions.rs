//! How is this done?

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        subjects: &["How do I share a board with a client?", "Can guests see a single board only?"],
        problems: &[
            "We would like to show one board to a client without letting them see our other projects. Is that possible, and does it cost a seat?",
            "A supplier is to tick off their own tasks and nothing else. Which role do I give them?",
        ],
        asks: &["Are they to change anything, or only to look?"],
        answers: &["Only to look, and perhaps to comment."],
        notes: &["Guest role fits. No seat needed up to {count} guests."],
        cures: &[
            "Invite them as guests of that board: they see nothing else, may comment, and do not use up a seat. The button is under Share > Guests.",
        ],
        tags: &["sharing", "permissions"],
    },
    Topic {
        subjects: &["How can I restore a deleted task?", "Deleted a whole list by accident"],
        problems: &[
            "I deleted the wrong list. It held {count} tasks. Is there a way to get them back?",
            "Where do deleted tasks go, and for how long can they be restored?",
        ],
        asks: &["Which project is it, and about when did you delete it?"],
        answers: &["Project 'Spring launch', at about {time}."],
        notes: &["Within the 30 days. They can do it themselves."],
        cures: &[
            "Deleted things stay in the project's bin for 30 days: Project > Bin > Restore. Your list is there, with all of its tasks.",
        ],
        tags: &["restore"],
    },
    Topic {
        subjects: &["Where can I change the working days?", "Our week starts on Sunday"],
        problems: &[
            "Our team works from Sunday to Thursday, but the planner greys Friday and Saturday out only for me, not for the others.",
            "How do we enter the public holidays of our region for everybody at once?",
        ],
        asks: &["Are you the owner of the account? Only owners see the calendar of the whole account."],
        answers: &["I am not, but my colleague is and sits beside me."],
        notes: &[],
        cures: &[
            "The owner finds it under Settings > Calendar: working days for all, holidays by region. What people set for themselves goes before it.",
        ],
        tags: &["calendar", "settings"],
    },
    Topic {
        subjects: &["Is there a keyboard shortcut for new tasks?", "Keyboard shortcuts overview"],
        problems: &[
            "I enter {count} tasks a day and would like to do that without the mouse. Is there a list of all shortcuts?",
            "The shortcut for a new task stopped working when I switched to another keyboard layout.",
        ],
        asks: &["Which layout do you use?"],
        answers: &["Neo. I know, it is unusual."],
        notes: &[],
        cures: &[
            "Press the question mark anywhere to see them all. Under Settings > Keyboard each can be given another key, which also helps with unusual layouts.",
        ],
        tags: &["keyboard"],
    },
    Topic {
        subjects: &["What does the status 'at risk' mean?", "How is 'at risk' computed?"],
        problems: &[
            "Some of our tasks are shown as at risk though their due date is weeks away. What is that computed from?",
            "Management asks why {count} tasks are 'at risk'. I could not find the definition.",
        ],
        asks: &["Do these tasks depend on others that are late?"],
        answers: &["Now that you ask: yes, all of them."],
        notes: &["Asked documentation to add a picture."],
        cures: &[
            "A task is at risk when those it depends on leave it less time than its estimate. The article on the timeline explains it with an example.",
        ],
        tags: &["timeline"],
    },
    Topic {
        subjects: &["Can we export all data of our account?", "Full export for our archive"],
        problems: &[
            "For our archive we need everything in a form that can be read without Harbor in ten years. What do you offer?",
            "Does the full export hold attachments and comments as well, and in which format?",
        ],
        asks: &["Would one archive per project do, or must it be a single one?"],
        answers: &["One per project is even better."],
        notes: &[],
        cures: &[
            "Settings > Data > Export makes an archive per project: JSON with a description of its fields, attachments as they are. It can be run on a schedule too.",
        ],
        tags: &["export", "compliance"],
    },
    Topic {
        subjects: &["Does Harbor work offline?", "Working without a connection on site"],
        problems: &[
            "Our technicians often have no connection. What can they do in the app then, and what happens when two of them change the same task?",
            "How much of a project is kept on the phone for offline use?",
        ],
        asks: &["About how many projects does one person need on the phone?"],
        answers: &["Not more than {count}, mostly small ones."],
        notes: &[],
        cures: &[
            "All projects that are starred are kept on the phone. Changes are sent later; where two people changed the same field, both are asked.",
        ],
        tags: &["mobile", "offline"],
    },
    Topic {
        subjects: &["Where is our data stored?", "Questions of our data protection officer"],
        problems: &[
            "Our data protection officer wants to know in which country our data is stored, who has access, and how long backups are kept.",
            "We need a signed agreement on the processing of data before we may use the mobile app.",
        ],
        asks: &["May we send the documents to you, or to your officer directly?"],
        answers: &["To me please, I pass them on."],
        notes: &["Sent the standard set. Legal is in copy."],
        cures: &[
            "The agreement is signed and in your account under Settings > Legal, with the list of places and the retention of backups.",
        ],
        tags: &["privacy", "compliance"],
    },
];
