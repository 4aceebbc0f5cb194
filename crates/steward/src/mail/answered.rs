//! Telling a customer that a user has answered: the answer in full, and where to go on.

use super::message::{self, Draft, Purpose};
use super::notice::Notice;
use crate::branding;
use crate::error::Result;
use crate::markdown::{self, Style};
use crate::people::tokens::Owner;
use crate::web::Language;
use crate::work::Work;

db::record! {
    struct Answer {
        comment_text: String,
        case_number: String,
        subject: String,
        contact_id: i64,
        name: String,
        email: String,
        language: Option<String>,
    }
}

/// Writes the mail, unless the answer has been deleted since, or its customer has no address.
pub fn tell(work: &mut Work, case_id: i64, comment_id: i64) -> Result<()> {
    let found: Option<Answer> = work.optional(
        "select m.comment_text, c.case_number, c.subject, k.contact_id, k.name, k.email, k.language
         from crm_case_comments m
         join crm_cases c on c.case_id = m.case_id
         join crm_contacts k on k.contact_id = c.contact_id
         where m.comment_id = $1 and m.case_id = $2 and m.is_active and not m.is_internal and c.is_listed
             and k.is_active and k.email is not null",
        &[&comment_id, &case_id],
    )?;
    let Some(answer) = found else { return Ok(()) };
    let language = answer.language.as_deref().and_then(Language::of_tag).unwrap_or(Language::English);
    let (brand, number) = (branding::brand(work)?.name.clone(), &answer.case_number);
    let html = markdown::to_html(Style::Talk, &answer.comment_text);
    let notice = Notice {
        language,
        brand: &brand,
        greeting: language.fill("mail-greeting", &[("name", &answer.name)]).into_owned(),
        text: language.fill("mail-answered-text", &[("brand", &brand), ("number", number)]).into_owned(),
        said: (answer.comment_text, html),
        label: language.say("mail-answered-link").into_owned(),
        link: format!("{}/portal/cases/{case_id}", work.config.public_url.trim_end_matches('/')),
        end: language.say("mail-answered-end").into_owned(),
    };
    let (text_body, html_body) = notice.write()?;
    let subject = language
        .fill("mail-answered-subject", &[("subject", &answer.subject), ("number", number)])
        .into_owned();
    let draft = Draft {
        purpose: Purpose::CaseAnswered,
        case_id: Some(case_id),
        to: Owner::Contact(answer.contact_id),
        to_name: answer.name,
        to_address: answer.email,
        subject,
        text_body,
        html_body,
    };
    message::enqueue(work, &draft).map(|_| ())
}
