//! What customers wrote in answers to a survey, the latest first.

use super::results::ResultQuery;
use crate::clock::Time;
use crate::error::Result;
use crate::paging::Cursor;
use crate::work::Work;

db::record! {
    /// A text that was answered.
    #[derive(Debug)]
    pub struct Comment {
        pub response_id: i64,
        pub question_text: String,
        pub text_value: String,
        pub created_at: Time,
        pub case_id: Option<i64>,
        pub case_number: Option<String>,
        pub contact_name: Option<String>,
    }
}

/// The next comments after a cursor, and where they go on. `from` and `to` of the query bound them.
pub fn page(
    work: &mut Work,
    survey_id: i64,
    query: &ResultQuery,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<(Vec<Comment>, Option<Cursor>)> {
    let last = match after {
        None => None,
        Some(cursor) => {
            let [at, id] = cursor.values()?;
            let at = at.as_str().and_then(Time::parse).ok_or_else(Cursor::foreign)?;
            Some((at, id.as_i64().ok_or_else(Cursor::foreign)?))
        }
    };
    let (from, to, _) = super::results::bounds(query);
    let (at, id) = last.unwrap_or((to, i64::MAX));
    let sql = format!(
        "select r.response_id, q.question_text, r.text_value, r.created_at, c.case_id, c.case_number, k.name as contact_name
         from crm_survey_responses r
         join crm_survey_questions q on q.question_id = r.question_id
         left join crm_cases c on c.case_id = r.case_id and c.is_active
         left join crm_contacts k on k.contact_id = r.contact_id
         where r.survey_id = $1 and r.text_value is not null and r.text_value <> ''
             and r.created_at >= $2 and r.created_at < $3 and (r.created_at, r.response_id) < ($4, $5)
         order by r.created_at desc, r.response_id desc limit {}",
        limit + 1
    );
    let mut rows: Vec<Comment> = work.query(&sql, &[&survey_id, &from, &to, &at, &id])?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    rows.truncate(shown);
    let next = rows.last().filter(|_| more);
    let next = next.map(|last| Cursor(vec![last.created_at.to_string().into(), last.response_id.into()]));
    Ok((rows, next))
}
