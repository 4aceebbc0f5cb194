//! Draft, review, published, archived: which may follow which, and who may do it (spec 2, 7). Pure.

use super::Status;
use crate::error::{Error, Result};
use crate::people::Role;
use crate::work::Actor;

/// What may follow a status. Back to draft from any; what was archived becomes a draft before readers see it again.
pub fn next(from: Status) -> &'static [Status] {
    match from {
        Status::Draft => &[Status::Review, Status::Published, Status::Archived],
        Status::Review => &[Status::Draft, Status::Published, Status::Archived],
        Status::Published => &[Status::Draft, Status::Archived],
        Status::Archived => &[Status::Draft],
    }
}

/// 409 for a move that the workflow does not know.
pub fn must_allow(from: Status, to: Status) -> Result<()> {
    if from == to || next(from).contains(&to) {
        return Ok(());
    }
    let words: Vec<&str> = next(from).iter().map(|status| status.word()).collect();
    Err(Error::Conflict(format!("an article that is {from} cannot become {to}, only {}", words.join(" or "))))
}

/// 403 where an agent makes an article in a status that is a manager's.
pub fn may_create(actor: Actor, status: Status) -> Result<()> {
    if is_agents(status) || actor.is_at_least(Role::Manager) {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "agents write drafts and hand them to review; {status} is a manager's to set"
    )))
}

/// What is about to happen to an article, as far as its permission depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Of the working copy.
    pub from: Status,
    pub to: Status,
    /// Whether readers see the article: its row is published, whatever is being drafted.
    pub is_live: bool,
    pub changes_text: bool,
    /// Category, address, related articles, featured, internal: these have no draft.
    pub changes_settings: bool,
}

/// 403 where the step is a manager's: all that changes what readers see.
pub fn may(actor: Actor, step: Step) -> Result<()> {
    if actor.is_at_least(Role::Manager) {
        return Ok(());
    }
    if step.from != step.to && !is_agents(step.to) {
        return Err(Error::Forbidden("publishing and archiving are for managers".into()));
    }
    if step.changes_text && !is_agents(step.to) {
        return Err(Error::Forbidden(format!(
            "an article that is {} is a manager's to change; name \"status\": \"draft\" to write its next version",
            step.to
        )));
    }
    if step.changes_settings && (step.is_live || !is_agents(step.to)) {
        return Err(Error::Forbidden(
            "category, address, related articles, featured and internal count at once for readers: they are a \
             manager's to change while the article is published"
                .into(),
        ));
    }
    Ok(())
}

fn is_agents(status: Status) -> bool {
    matches!(status, Status::Draft | Status::Review)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_to_draft_from_any_and_never_straight_out_of_the_archive() {
        for status in Status::ALL {
            assert!(must_allow(*status, Status::Draft).is_ok(), "{status}");
            assert!(must_allow(*status, *status).is_ok(), "{status}");
        }
        assert!(must_allow(Status::Archived, Status::Published).is_err());
        assert!(must_allow(Status::Published, Status::Review).is_err());
    }

    #[test]
    fn agents_change_nothing_that_readers_see() {
        let agent = Actor::User { id: 1, role: Role::Agent };
        let step = |from, to, is_live, changes_text, changes_settings| Step {
            from,
            to,
            is_live,
            changes_text,
            changes_settings,
        };
        assert!(may(agent, step(Status::Draft, Status::Review, false, true, true)).is_ok());
        assert!(may(agent, step(Status::Published, Status::Draft, true, true, false)).is_ok());
        assert!(may(agent, step(Status::Archived, Status::Draft, false, true, true)).is_ok());
        assert!(may(agent, step(Status::Published, Status::Published, true, true, false)).is_err());
        assert!(may(agent, step(Status::Draft, Status::Draft, true, false, true)).is_err());
        assert!(may(agent, step(Status::Review, Status::Published, false, false, false)).is_err());
        assert!(may(agent, step(Status::Draft, Status::Archived, false, false, false)).is_err());
    }
}
