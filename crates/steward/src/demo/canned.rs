//! Canned replies of the demo's desk.

use db::Tx;

use crate::clock::Time;
use crate::error::Result;
use crate::input::fold;

const REPLIES: [(&str, &str); 5] = [
    (
        "Ask for the version",
        "Hello {{contact.name}},\n\nthank you for writing. Which version do you use, and on which system? You find it \
         under *Help, About*.\n\nKind regards\n{{agent.name}}",
    ),
    (
        "Fixed in the latest version",
        "Hello {{contact.name}},\n\nthis is mended in the latest version. Please update, and write again if it comes \
         back: the number is {{case.number}}.\n\nKind regards\n{{agent.name}}",
    ),
    (
        "Invoice attached",
        "Hello {{contact.name}},\n\nyou find the invoice attached.\n\nKind regards\n{{agent.name}}",
    ),
    (
        "Still there?",
        "Hello {{contact.name}},\n\nwe have not heard from you about “{{case.subject}}”. Is it solved? If we hear \
         nothing within a week, we shall close {{case.number}}; an answer opens it again.\n\nKind regards\n{{agent.name}}",
    ),
    (
        "Thank you for the idea",
        "Hello {{contact.name}},\n\nthank you: we have passed this on to those who plan the next versions.\n\nKind \
         regards\n{{agent.name}}",
    ),
];

/// Writes them, as the desk's.
pub fn write(tx: &mut Tx<'_>, now: Time) -> Result<()> {
    for (name, text) in REPLIES {
        tx.execute(
            "insert into crm_canned_replies (reply_name, name_key, reply_text, created_at, updated_at)
             values ($1, $2, $3, $4, $4)",
            &[&name, &fold(name), &text, &now],
        )?;
    }
    Ok(())
}
