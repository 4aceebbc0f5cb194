//! Something is missing.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        subjects: &["Please add a dark theme", "Dark mode for the web"],
        problems: &[
            "Half of us work at night. A dark theme on the web, as the phone has it, would be kind to our eyes.",
            "In the control room the bright boards are too much. Is a dark theme planned?",
        ],
        asks: &["Would it do if it followed the setting of the system, or do you need to switch by hand?"],
        answers: &["Following the system is all we want."],
        notes: &["Vote {count} for this. Design has a draft."],
        cures: &[
            "It has arrived: Settings > Appearance > As the system. Thank you for your patience and for the comparison pictures.",
        ],
        tags: &["feature", "appearance"],
    },
    Topic {
        subjects: &["Recurring tasks on the last working day", "Recurrence: last Friday of the month"],
        problems: &[
            "We close our books on the last working day of each month. The recurrence knows days of the month only.",
            "Tasks that recur every second week on two days cannot be entered. We keep a spreadsheet for them, which is not how it should be.",
        ],
        asks: &["What should happen when that day is a holiday: the day before, or the one after?"],
        answers: &["The day before, please."],
        notes: &["Fits the planned work on recurrence rules. Linked."],
        cures: &[
            "Rules such as 'last working day' are part of {version}. Holidays of your calendar are respected, with the choice of before or after.",
        ],
        tags: &["feature", "recurrence"],
    },
    Topic {
        subjects: &["Custom fields with formulas", "Computed fields in lists"],
        problems: &[
            "We would like a field that multiplies hours by a rate, so that nobody needs to export for that.",
            "A sum below a column of numbers would already help us a lot.",
        ],
        asks: &["Would sums and products be enough, or do you compare dates as well?"],
        answers: &["Sums and products for now. Dates would be a bonus."],
        notes: &["Second request of this account. Product wants to talk to them."],
        cures: &[
            "Sums below columns are available now. Formulas are on the list for next year; we have noted your example there and will write when it is done.",
        ],
        tags: &["feature", "fields"],
    },
    Topic {
        subjects: &["Integration with our chat", "Post finished tasks to a channel"],
        problems: &[
            "When a task is done, a line in our chat would save us the question in the morning meeting.",
            "Can Harbor call an address of ours when a task changes? We would build the rest ourselves.",
        ],
        asks: &["Which chat do you use, and would a webhook do?"],
        answers: &["A webhook is fine, we have somebody who can write the other side."],
        notes: &[],
        cures: &[
            "Webhooks are in Settings > Integrations. The article has an example with signature check, in the language that you named.",
        ],
        tags: &["feature", "integration"],
    },
    Topic {
        subjects: &["Two-factor sign-in for guests", "Require a second factor for everybody"],
        problems: &[
            "Our policy demands a second factor for all outside people. Members have it, guests do not.",
            "As an owner I would like to see who has no second factor yet, and to require it from a date on.",
        ],
        asks: &["Would app codes and security keys do for your auditors?"],
        answers: &["Both are accepted."],
        notes: &["Security agrees. Planned for the quarter."],
        cures: &[
            "Owners can now require a second factor for members and guests from a date on; the list of those without is on the same page.",
        ],
        tags: &["feature", "security"],
    },
    Topic {
        subjects: &["More columns on printed boards", "Print a board on A3"],
        problems: &[
            "We hang our board on the wall. On A3 only five columns are printed, the rest goes to a second page.",
            "A printed board without colours cannot be read. Patterns instead of colours would help, also those who do not see them.",
        ],
        asks: &["How many columns does your largest board have?"],
        answers: &["It has {count}, some of them narrow."],
        notes: &[],
        cures: &[
            "Printing now scales a board to the paper, up to A1, and can show patterns in place of colours.",
        ],
        tags: &["feature", "print", "accessibility"],
    },
    Topic {
        subjects: &["Bulk edit of due dates", "Move all due dates by a week"],
        problems: &[
            "When a project slips, I change {count} dates one by one. Please let me move them all by so many days.",
            "Shifting a parent task should offer to shift its children along.",
        ],
        asks: &["Are weekends to be skipped when you shift by days?"],
        answers: &["Yes, working days are meant."],
        notes: &["Prototype exists behind a switch. Offered to enable it for them."],
        cures: &[
            "Select the tasks, then Edit > Shift dates. It counts working days of your calendar and can be undone in one step.",
        ],
        tags: &["feature", "bulk"],
    },
];
