//! Cases by what customers answered to surveys: the lists behind the dashboard's NPS and CES (spec 9).

use super::filter::{CaseQuery, Filter, time};
use crate::input::Set;

crate::words! {
    /// What an answered survey measures.
    pub enum Surveyed { Csat = "csat", Nps = "nps", Ces = "ces", Custom = "custom" }
}

crate::words! {
    /// Who recommends: 9 and 10; everybody else; 0 to 6.
    pub enum NpsGroup { Promoters = "promoters", Passives = "passives", Detractors = "detractors" }
}

impl NpsGroup {
    /// A condition on the rating `r`.
    fn condition(self) -> &'static str {
        match self {
            NpsGroup::Promoters => "r.rating_value between 9 and 10",
            NpsGroup::Passives => {
                "r.rating_value not between 0 and 6 and r.rating_value not between 9 and 10"
            }
            NpsGroup::Detractors => "r.rating_value between 0 and 6",
        }
    }
}

/// No rating of the same answer stands before `r`: what was given together has a case, a time and a contact in common.
const IS_FIRST: &str = "not exists (select 1 from crm_survey_responses e
         join crm_survey_questions p on p.question_id = e.question_id and p.question_type = 'rating'
         where e.case_id = r.case_id and e.survey_id = r.survey_id and e.created_at = r.created_at
             and e.submission_id is not distinct from r.submission_id and e.contact_id is not distinct from r.contact_id
             and e.rating_value is not null
             and (p.question_order, p.question_id, e.response_id) < (q.question_order, q.question_id, r.response_id))";

impl CaseQuery {
    /// Cases with one answer that fits all that is said of it. Read from the answers of the time, through their index.
    pub(super) fn survey_conditions(&self, filter: &mut Filter) {
        let mut conditions = Vec::new();
        if let Some(Set(kinds)) = &self.surveyed {
            let words: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.word())).collect();
            conditions.push(format!("s.survey_type in ({})", words.join(", ")));
        }
        if let Some(Set(groups)) = &self.nps {
            let groups: Vec<String> = groups.iter().map(|group| format!("({})", group.condition())).collect();
            conditions.push("s.survey_type = 'nps'".into());
            conditions.push(format!("({})", groups.join(" or ")));
            conditions.push(IS_FIRST.into());
        }
        for (sign, at) in [(">=", self.answered_from), ("<", self.answered_to)] {
            if let Some(at) = at {
                filter.params.push(time(at));
                conditions.push(format!("r.created_at {sign} ${}", filter.params.len()));
            }
        }
        if conditions.is_empty() {
            return;
        }
        filter.plain(&format!(
            "c.case_id in (select r.case_id from crm_surveys s
                 join crm_survey_responses r on r.survey_id = s.survey_id
                 join crm_survey_questions q on q.question_id = r.question_id and q.question_type = 'rating'
                 where r.case_id is not null and r.rating_value is not null and {})",
            conditions.join(" and ")
        ));
    }
}
