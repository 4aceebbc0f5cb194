//! Money and contracts.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        subjects: &["Invoice shows the wrong number of seats", "Charged for {count} seats too many"],
        problems: &[
            "The invoice of this month lists {count} seats more than we have people. Three colleagues left in the month before. Please correct it.",
            "We removed guests in time, and they are on the invoice nevertheless.",
        ],
        asks: &["Which invoice number is it, and on which day were they removed?"],
        answers: &["Invoice {invoice}. They were removed on {day}."],
        notes: &["Removed after the cut-off on the 25th, so formally right. Within goodwill."],
        cures: &[
            "We have credited the seats: {amount} are deducted from the next invoice. Seats count as they stand on the 25th, which your invoice page now shows as well.",
        ],
        tags: &["invoice", "seats"],
    },
    Topic {
        subjects: &["Payment failed although the card is valid", "Card declined"],
        problems: &[
            "Our payment of {amount} was declined. The bank says that nobody asked them. The account is going to be locked on {day}.",
            "We have a new card. The page accepts it, and the next day it asks for a card again.",
        ],
        asks: &["Does a window of your bank open when you save the card? Some browsers block it."],
        answers: &["No window opened. With another browser it did, and it worked."],
        notes: &["Confirmation window blocked. Extended their grace period by a week meanwhile."],
        cures: &[
            "The payment went through at {time}. The window of the bank had been blocked; we now say so on the page instead of failing silently.",
        ],
        tags: &["payment"],
    },
    Topic {
        subjects: &["Please change our billing address", "New company name on invoices"],
        problems: &[
            "We have a new name and a new address. Please put both on this month's invoice, and on {invoice} as well if that is possible.",
            "The tax number is missing on our invoices, so our accounting sends them back.",
        ],
        asks: &[
            "Please confirm the spelling of the name and the tax number; we cannot change an issued invoice twice.",
        ],
        answers: &["Confirmed, as written below in my signature."],
        notes: &["Checked the number in the public register."],
        cures: &[
            "Done: {invoice} was cancelled and issued again with the new details, and all later ones have them.",
        ],
        tags: &["invoice", "address"],
    },
    Topic {
        subjects: &["Upgrade to the larger plan in the middle of the month", "Switch from monthly to yearly"],
        problems: &[
            "We want to switch to the yearly plan. Is what we have paid for this month counted?",
            "From next week on we are {count} people more. What does the larger plan cost for the rest of the term?",
        ],
        asks: &["From which day on should it apply?"],
        answers: &["From the first of next month."],
        notes: &["Quote sent, valid 30 days."],
        cures: &[
            "The plan is changed as of the date you named, and what you have paid is counted: {amount} remain for this term.",
        ],
        tags: &["plan"],
    },
    Topic {
        subjects: &["Refund for a double payment", "We paid the same invoice twice"],
        problems: &[
            "By mistake we paid invoice {invoice} twice, by card and by transfer. Please send {amount} back.",
            "There are two charges on our statement for one month, on the same day.",
        ],
        asks: &["Should it go back to where it came from, or be counted towards the next invoice?"],
        answers: &["Back to the bank account, please."],
        notes: &["Both payments found. Refund approved by finance."],
        cures: &[
            "{amount} are on their way back to your account; banks take two to five days. Sorry that it took a second look.",
        ],
        tags: &["refund", "payment"],
    },
    Topic {
        subjects: &["Cancel our subscription", "Ending the contract at the end of the term"],
        problems: &[
            "We would like to end our subscription at the end of the term. What do we need to do, and how do we take our data along?",
            "Our project is over, {count} seats can go. A single one should stay so that we can look things up.",
        ],
        asks: &["May we ask what you are missing? It helps us more than you may think."],
        answers: &["Nothing really, the project is simply finished. We were happy."],
        notes: &["Friendly leave. Offered the read-only plan."],
        cures: &[
            "Your subscription ends with the term and nothing more is charged. Until then all data can be exported under Settings > Data; the read-only plan stays open to you.",
        ],
        tags: &["cancellation", "plan"],
    },
    Topic {
        subjects: &["Quote for {count}0 users", "Discount for non-profit organisations"],
        problems: &[
            "We are a registered charity with {count}0 volunteers. Do you have a price for organisations like ours?",
            "Please send us a formal quote for {count}0 users for two years, our purchasing asks for one.",
        ],
        asks: &["Would you send us the certificate of your registration? A scan is fine."],
        answers: &["Attached. It is valid until the end of next year."],
        notes: &["Qualifies. 40 % as usual."],
        cures: &[
            "The quote is in your account under Billing > Quotes. It holds for 30 days and can be accepted there with one click.",
        ],
        tags: &["quote"],
    },
];
