//! Answers against their questions: range, choice, kind of value, required, question of this survey. Every fault is
//! named at once, with the question it is about; pure.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::questions::{Point, Question, QuestionType};
use crate::error::Fault;
use crate::input::{Faults, Field, Line, Prose};

/// More answers than any survey has questions.
const MOST: usize = 200;

/// One choice or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices(Vec<String>);

impl Field for Choices {
    fn from_json(value: Value) -> Result<Self, Faults> {
        match value {
            Value::Array(values) if values.len() > MOST => Err(Faults::one("takes at most 200 choices")),
            Value::Array(values) => {
                let lines = Vec::<Line<200>>::from_json(Value::Array(values))?;
                Ok(Choices(lines.into_iter().map(Line::into_string).collect()))
            }
            value => Line::<200>::from_json(value).map(|line| Choices(vec![line.into_string()])),
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        let one = json_schema!({ "type": "string", "minLength": 1, "maxLength": 200 });
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "maxItems": MOST }] })
    }
}

crate::input! {
    /// The answer to one question: the value that its type takes.
    pub struct AnswerDraft {
        pub question_id: i64,
        /// Of a rating: a whole number on its scale.
        pub rating_value: Option<Point>,
        /// Of a text.
        pub text_value: Option<Prose<0>>,
        /// Of a multiple_choice: a choice or a list of them. Of a yes_no: yes or no.
        pub choice_value: Option<Choices>,
    }
}

/// A row to be stored. A multiple choice makes one for each choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub question_id: i64,
    pub rating_value: Option<i64>,
    pub text_value: Option<String>,
    pub choice_value: Option<String>,
}

/// Checks answers against the questions of the survey. All faults at once.
pub fn check(questions: &[Question], drafts: &[AnswerDraft]) -> Result<Vec<Checked>, Vec<Fault>> {
    if drafts.len() > MOST {
        return Err(vec![Fault::field("responses", format!("takes at most {MOST} answers"))]);
    }
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut answered = std::collections::BTreeSet::new();
    for (index, draft) in drafts.iter().enumerate() {
        let id = draft.question_id;
        let at = |field: &str| format!("/responses/{index}/{field}");
        let Some(question) = questions.iter().find(|question| question.question_id == id) else {
            faults.push(Fault::pointer(
                at("question_id"),
                format!("question {id} is not one of this survey's"),
            ));
            continue;
        };
        if !answered.insert(id) {
            faults.push(Fault::pointer(at("question_id"), format!("question {id} is answered twice")));
            continue;
        }
        match check_one(question, draft) {
            Ok(checked) if checked.is_empty() => {
                answered.remove(&id);
                // Without a value it is as if it had been left out; twice left out is no harm.
            }
            Ok(checked) => rows.extend(checked),
            Err(wrong) => {
                faults.extend(wrong.into_iter().map(|(field, why)| {
                    Fault::pointer(
                        at(field),
                        format!("question {id} ({}) {why}", short(&question.question_text)),
                    )
                }));
            }
        }
    }
    for question in questions.iter().filter(|question| question.is_required) {
        if !answered.contains(&question.question_id) {
            let id = question.question_id;
            let message = format!("question {id} ({}) is to be answered", short(&question.question_text));
            faults.push(Fault::field("responses", message));
        }
    }
    if faults.is_empty() && rows.is_empty() {
        faults.push(Fault::field("responses", "holds no answer"));
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

fn short(text: &str) -> String {
    if text.chars().count() <= 80 {
        return text.to_owned();
    }
    text.chars().take(77).chain("...".chars()).collect()
}

/// The rows of one answer, none where it has no value; or the fields at fault and why.
fn check_one(question: &Question, draft: &AnswerDraft) -> Result<Vec<Checked>, Vec<(&'static str, String)>> {
    let mut faults = Vec::new();
    let takes = match question.question_type {
        QuestionType::Rating => "rating_value",
        QuestionType::Text => "text_value",
        QuestionType::MultipleChoice | QuestionType::YesNo => "choice_value",
    };
    for (field, given) in [
        ("rating_value", draft.rating_value.is_some()),
        ("text_value", draft.text_value.is_some()),
        ("choice_value", draft.choice_value.is_some()),
    ] {
        if given && field != takes {
            faults.push((field, format!("is a {} question and takes {takes}", question.question_type)));
        }
    }
    let row = Checked {
        question_id: question.question_id,
        rating_value: None,
        text_value: None,
        choice_value: None,
    };
    let mut rows = Vec::new();
    match question.question_type {
        QuestionType::Rating => {
            let (min, max) = (question.rating_min.unwrap_or(1), question.rating_max.unwrap_or(5));
            match draft.rating_value {
                Some(point) if !(min..=max).contains(&point.0) => {
                    faults.push((takes, format!("takes {min} to {max}, not {}", point.0)));
                }
                Some(point) => rows.push(Checked { rating_value: Some(point.0), ..row }),
                None => {}
            }
        }
        QuestionType::Text => {
            let text = draft.text_value.as_deref().filter(|text| !text.trim().is_empty());
            rows.extend(text.map(|text| Checked { text_value: Some(text.to_owned()), ..row }));
        }
        QuestionType::YesNo => match draft.choice_value.as_ref().map(|choices| choices.0.as_slice()) {
            Some([word]) if word == "yes" || word == "no" => {
                rows.push(Checked { choice_value: Some(word.clone()), ..row });
            }
            Some(_) => faults.push((takes, "takes yes or no".into())),
            None => {}
        },
        QuestionType::MultipleChoice => {
            let mut given = draft.choice_value.clone().map_or(Vec::new(), |choices| choices.0);
            given.sort_unstable();
            given.dedup();
            for choice in given {
                if question.choices.0.contains(&choice) {
                    rows.push(Checked { choice_value: Some(choice), ..row.clone() });
                } else {
                    let known = question.choices.0.join(", ");
                    faults.push((takes, format!("has no choice {choice:?}; it has {known}")));
                }
            }
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}
