//! What is said in every conversation, whatever it is about.

pub const GREETINGS: &[&str] =
    &["Hello,", "Hi there,", "Dear support team,", "Good morning,", "Hi,", "Good day,"];

pub const URGENCIES: &[&str] = &[
    "It is not urgent, but it would be good to know by the end of the week.",
    "We depend on this, so a quick answer would be much appreciated.",
    "Please tell me if you need anything else from me.",
    "You can also reach me by phone in the morning.",
    "Several of us are affected.",
    "",
    "",
];

/// `{name}` is the customer's first name, in these only.
pub const OPENERS: &[&str] = &[
    "Hello {name}, thank you for writing. I have read through it and have one question.",
    "Hi {name}, I am taking care of this.",
    "Good day {name}, thank you for the clear description.",
    "Hello {name}, sorry for the trouble. I am on it.",
    "Hi {name}, thanks for your patience.",
];

pub const FIRST_ANSWERS: &[&str] = &[
    "I could reproduce what you describe with a test account and have handed it to the colleague who knows this part best. You will hear from us as soon as there is news.",
    "I am looking into the logs of your account now. Please leave everything as it is for the moment, so that the traces stay.",
    "This should not be so. I will check with the team and come back to you today.",
    "I have an idea of what it may be, and want to be sure before I send you down the wrong path.",
    "We have seen something like this before. I am comparing it with the earlier case.",
];

pub const UPDATES: &[&str] = &[
    "A short word in between: we have found the place and are testing the change. No action is needed on your side.",
    "Still with us. The colleagues need a bit longer than we thought; I will write again tomorrow at the latest.",
    "The change is written and is being reviewed. I expect it to go live with the next release.",
    "Thank you, that was the missing piece. We can see it now as well.",
];

pub const NUDGES: &[&str] = &[
    "Is there any news on this?",
    "It has just happened again.",
    "My colleague asks me every morning. When can we expect an answer?",
    "Thanks for the update. I keep my fingers crossed.",
    "For your information: it is the same on the second machine.",
    "I found a way around it for the moment, but would still like it solved.",
];

pub const NOTES: &[&str] = &[
    "Called the customer, nobody picked up. Will try again after lunch.",
    "Looked through the earlier cases of this account: nothing similar.",
    "Talked it over in the stand-up. Low risk, go ahead.",
    "Handing over: I am out tomorrow. All that is known stands above.",
    "Engineering has it on their board for this week.",
    "Customer is very friendly about it. Let us keep it that way.",
];

pub const CHASES: &[&str] = &[
    "Hello {name}, did you have a chance to try it? Without your answer we cannot go on, so I leave this waiting for you.",
    "Hi {name}, just a friendly reminder of my question above.",
];

pub const RELAPSES: &[&str] = &[
    "I am afraid it is back. It worked for a day, and now it is as before.",
    "Sorry to open this again: the same thing has happened on another machine.",
    "It is better but not solved. One part of it is still wrong.",
];

pub const SECOND_CURES: &[&str] = &[
    "The first change covered only a part of it. The rest is mended now as well, and I have watched it for a while before writing to you.",
    "There was a second cause hiding behind the first. Both are gone; please write at once if you see it again.",
];

pub const CLOSERS: &[&str] = &[
    "I am marking this as solved. If it comes back, simply reply here.",
    "Please write again if anything remains open.",
    "Have a good day!",
    "",
];

pub const PENDING_REASONS: &[&str] = &[
    "waits for the next release",
    "with engineering",
    "waits for the supplier",
    "planned for the maintenance window",
    "on the product team's list",
];

pub const RESOLVED_REASONS: &[&str] = &[
    "fixed in the latest release",
    "solved with the customer by phone",
    "answered with an article",
    "setting corrected",
    "credited",
];

pub const CANCELLED_REASONS: &[&str] =
    &["sent twice by the customer", "withdrawn by the customer", "not meant for us", "test message"];

pub const ESCALATION_NOTES: &[&str] = &[
    "The customer asked for somebody with more experience.",
    "Needs a decision that the first line cannot make.",
    "Several large accounts are affected.",
    "Promised an answer for tomorrow morning.",
];

pub const ACKNOWLEDGEMENTS: &[&str] = &[
    "Talked to the customer, all is well.",
    "Two people were ill that day.",
    "Seen. Routing has been corrected.",
    "Came in over the weekend.",
];

/// Comments that come with a rating, by stars.
pub const PRAISE: &[&str] = &[
    "Quick and friendly.",
    "Great support, very helpful!",
    "Understood my problem at once.",
    "Best support I know.",
    "Very clear explanation, thank you.",
];
pub const SHRUGS: &[&str] =
    &["It took a while, but it works.", "Fine in the end.", "I had to explain it twice."];
pub const COMPLAINTS: &[&str] =
    &["Far too slow.", "I still do not know what the cause was.", "Three people asked me the same thing."];
