//! What the page of a case shows, read in one transaction with a fixed number of statements.

use std::sync::Arc;

use super::CaseQuestion;
use super::history::Names;
use super::thread::{self, Item};
use crate::app::App;
use crate::cases::attachments::{self, AttachmentView};
use crate::cases::show::{self, CaseFull, CaseView, ChildView, EscalationView, ViolationView};
use crate::cases::{Status, case};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::files::is_plain_image;
use crate::markdown::{self, Style};
use crate::notifications;
use crate::people::Role;
use crate::sla::explain::{self, SlaView};
use crate::web::{Choice, Choices, Page, choices};
use crate::work::{Actor, Work};

/// Other cases of the customer that are shown.
const OTHERS: i64 = 5;

db::record! {
    /// The customer, and who opened the case.
    pub struct Card {
        pub contact_id: Option<i64>,
        pub name: Option<String>,
        pub email: Option<String>,
        pub phone: Option<String>,
        pub language: Option<String>,
        pub opened_by: Option<String>,
    }
}

/// A case as its page shows it.
pub struct Shown {
    pub me: i64,
    pub role: Role,
    pub full: CaseFull,
    pub description: Arc<str>,
    /// Files of the case itself.
    pub attachments: Vec<AttachmentView>,
    pub thread: Vec<Item>,
    pub choices: Choices,
    /// Statuses that may come next.
    pub next: Vec<Status>,
    pub escalations: Vec<EscalationView>,
    pub violations: Vec<ViolationView>,
    pub sla: SlaView,
    pub children: Vec<ChildView>,
    pub parent: Option<ChildView>,
    pub merged_into: Option<ChildView>,
    pub followers: Vec<(i64, String)>,
    pub card: Card,
    pub others: Vec<ChildView>,
}

impl Shown {
    pub fn case(&self) -> &CaseView {
        &self.full.item.case
    }

    pub fn tags(&self) -> String {
        self.full.item.tags.join(", ")
    }

    /// Whether the viewer may work on this case: one that was merged away goes on elsewhere.
    pub fn may_work(&self) -> bool {
        self.role >= Role::Agent && self.case().merged_into_id.is_none()
    }

    pub fn may_manage(&self) -> bool {
        self.role >= Role::Manager
    }

    pub fn is_following(&self) -> bool {
        self.followers.iter().any(|(id, _)| *id == self.me)
    }

    pub fn open_children(&self) -> usize {
        self.children.iter().filter(|child| child.status.is_active()).count()
    }

    pub fn level(&self) -> i64 {
        self.case().escalation_level.unwrap_or(0)
    }

    /// From when on a deadline is due soon, as lists say it: they show the next one.
    pub fn soon_at(&self, due: &Time) -> Option<Time> {
        self.full.item.soon_at().filter(|_| self.full.item.next_due().is_some_and(|next| next == *due))
    }

    /// The class that colours a deadline.
    pub fn urgency(&self, due: &Time, now: &Time) -> &'static str {
        match self.soon_at(due) {
            _ if due < now => "overdue",
            Some(soon) if soon <= *now => "soon",
            _ => "calm",
        }
    }

    /// Who opened the case: the customer, else a user.
    pub fn opener(&self) -> &str {
        self.card.name.as_deref().or(self.card.opened_by.as_deref()).unwrap_or("—")
    }
}

/// The first letters of the first two words of a name.
pub fn initials(name: &str) -> String {
    name.split_whitespace()
        .take(2)
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Whether a file is shown in place.
pub fn is_picture(attachment: &AttachmentView) -> bool {
    is_plain_image(&attachment.mime_type)
}

/// Reads all of it but what Markdown becomes, which [`render`] adds.
pub fn shown(work: &mut Work, page: &Page, case_id: i64, question: &CaseQuestion) -> Result<Shown> {
    let Actor::User { id: me, role } = work.actor else { return Err(Error::NotFound("case")) };
    let full = show::full(work, case_id)?;
    let view = full.item.case.clone();
    let mut choices = choices(work)?;
    keep_present(&mut choices, &view);
    let attachments = match view.attachment_count {
        0 => Vec::new(),
        _ => attachments::of_case(work, case_id, None)?,
    };
    let (of_comments, attachments): (Vec<_>, Vec<_>) =
        attachments.into_iter().partition(|attachment| attachment.comment_id.is_some());
    let names = Names { page, choices: &choices };
    let thread = thread::read(work, &names, &view, of_comments, question)?;
    let sla = match view.sla_policy_id {
        Some(_) => explain::short(work, case_id)?,
        None => SlaView::none(),
    };
    let violations = match view.is_sla_violated {
        Some(true) => show::violations(work, case_id)?,
        _ => Vec::new(),
    };
    let card: Card = work.one(
        "select k.contact_id, k.name, k.email, k.phone, k.language, u.name as opened_by
         from crm_cases c
         left join crm_contacts k on k.contact_id = c.contact_id
         left join crm_users u on u.user_id = c.created_by
         where c.case_id = $1",
        &[&case_id],
    )?;
    Ok(Shown {
        me,
        role,
        description: "".into(),
        attachments,
        thread,
        next: view.status.successors(),
        escalations: show::escalations(work, case_id)?,
        violations,
        sla,
        children: show::children(work, case_id)?,
        parent: relative(work, view.parent_case_id)?,
        merged_into: relative(work, view.merged_into_id)?,
        followers: notifications::followers(work, case_id)?,
        others: others(work, &view)?,
        card,
        choices,
        full,
    })
}

/// Turns what was said into HTML, most of it from memory.
pub async fn render(app: &App, shown: &mut Shown) -> Result<()> {
    shown.description = markdown::styled(app, Style::Talk, &shown.full.description).await?;
    for item in &mut shown.thread {
        if let Item::Comment(said) = item {
            said.html = markdown::styled(app, Style::Talk, &said.comment.comment_text).await?;
        }
    }
    Ok(())
}

/// What the case has is among the choices even where it could not be chosen any more: else the first one would be shown
/// in its place.
fn keep_present(choices: &mut Choices, case: &CaseView) {
    let mut keep = |list: fn(&mut Choices) -> &mut Vec<Choice>, id: Option<i64>, name: Option<&str>| {
        let list = list(choices);
        if let (Some(id), Some(name)) = (id, name)
            && !list.iter().any(|choice| choice.id == id)
        {
            list.push(Choice { id, name: name.to_owned() });
        }
    };
    keep(|choices| &mut choices.types, Some(case.case_type_id), Some(&case.case_type_name));
    keep(|choices| &mut choices.priorities, Some(case.priority_id), Some(&case.priority_name));
    keep(|choices| &mut choices.owners, case.owner_id, case.owner_name.as_deref());
    keep(|choices| &mut choices.teams, case.team_id, case.team_name.as_deref());
}

/// A case that this one points to, unless it was deleted.
fn relative(work: &mut Work, case_id: Option<i64>) -> Result<Option<ChildView>> {
    let Some(case_id) = case_id else { return Ok(None) };
    let (condition, _) = case::visible(work.actor, 2);
    work.optional(
        &format!(
            "select c.case_id, c.case_number, c.subject, c.status from crm_cases c
             where c.case_id = $1 and {condition}"
        ),
        &[&case_id],
    )
}

/// The customer's latest other cases.
fn others(work: &mut Work, case: &CaseView) -> Result<Vec<ChildView>> {
    let Some(contact_id) = case.contact_id else { return Ok(Vec::new()) };
    work.query(
        "select c.case_id, c.case_number, c.subject, c.status from crm_cases c
         where c.contact_id = $1 and c.is_listed and c.case_id <> $2
         order by c.created_at desc, c.case_id desc limit $3",
        &[&contact_id, &case.case_id, &OTHERS],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_by_two_letters() {
        assert_eq!(initials("Ana María de la Cruz"), "AM");
        assert_eq!(initials("ßigi"), "SS");
        assert_eq!(initials("  "), "");
    }
}
