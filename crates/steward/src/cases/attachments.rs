//! Files on a case or on one of its comments: as internal as their comment, and never a trace of them for a customer who
//! may not see them (spec 2, 4).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::case::Case;
use super::comment::{self, CommentView};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::events::Event;
use crate::files::{self, Download, Form, KEPT_DAYS, Kept, Stored, Upload, Wanted};
use crate::http::{
    Admin, Agent, Answer, Caller, Created, Json, Known, NoContent, Nothing, Participant, Path, Query,
};
use crate::paging::{PageQuery, Pagination};
use crate::people::Role;
use crate::work::{Actor, Work};

/// How long agents may remove what they attached; afterwards only a manager.
const REMOVE_MINUTES: i64 = 15;

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct AttachmentView {
        pub attachment_id: i64,
        pub comment_id: Option<i64>,
        pub file_name: String,
        /// In bytes.
        pub file_size: i64,
        /// As the bytes say, whatever the sender said.
        pub mime_type: String,
        pub is_internal: bool,
        /// The user who attached it.
        pub uploaded_by: Option<i64>,
        /// The contact who did.
        pub contact_id: Option<i64>,
        pub created_at: Time,
    }
}

const VIEW: &str =
    "select attachment_id, comment_id, file_name, file_size, mime_type, is_internal, uploaded_by, contact_id,
        created_at
     from crm_case_attachments";

/// Attachments answered at once; a case with more has a problem that a list does not solve.
const MOST: i64 = 1000;

/// The attachments of a case, at most 1,000, or of one of its comments, as far as the actor may see them.
pub fn of_case(work: &mut Work, case_id: i64, comment_id: Option<i64>) -> Result<Vec<AttachmentView>> {
    let internal = if work.actor.is_staff() { "" } else { " and not is_internal" };
    let of_comment = if comment_id.is_some() { " and comment_id = $3" } else { "" };
    let mut params: Vec<&dyn db::ToParam> = vec![&case_id, &MOST];
    params.extend(comment_id.as_ref().map(|id| id as &dyn db::ToParam));
    work.query(
        &format!(
            "{VIEW} where case_id = $1 and is_active{internal}{of_comment} order by attachment_id limit $2"
        ),
        &params,
    )
}

/// One attachment, as far as the actor may see it.
fn find(work: &mut Work, case_id: i64, attachment_id: i64) -> Result<AttachmentView> {
    let found: Option<AttachmentView> = work.optional(
        &format!("{VIEW} where attachment_id = $1 and case_id = $2 and is_active"),
        &[&attachment_id, &case_id],
    )?;
    found.filter(|found| work.actor.is_staff() || !found.is_internal).ok_or(Error::NotFound("attachment"))
}

/// What the caller says of the files that they attach.
#[derive(Debug, Clone, Copy)]
pub struct Placement {
    pub comment_id: Option<i64>,
    pub is_internal: Option<bool>,
}

impl Case {
    /// Attaches files that are kept already. Answers their ids.
    pub fn attach(&self, work: &mut Work, placement: Placement, kept: &[Kept]) -> Result<Vec<i64>> {
        let is_internal = self.may_attach(work, placement)?;
        let (now, uploaded_by, contact_id) = (work.now, work.actor.user_id(), work.actor.contact_id());
        if let Some(contact_id) = contact_id {
            comment::must_be_here(work, contact_id)?;
        }
        let comment_id = placement.comment_id;
        let mut ids = Vec::with_capacity(kept.len());
        files::confirm(work, kept)?;
        for file in kept {
            let (attachment_id,): (i64,) = work.one(
                "insert into crm_case_attachments (case_id, comment_id, file_id, file_name, file_path, file_size, mime_type,
                     is_internal, uploaded_by, contact_id, created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) returning attachment_id",
                &[
                    &self.case_id, &comment_id, &file.file_id, &file.name, &file.key(), &file.size, &file.mime_type,
                    &is_internal, &uploaded_by, &contact_id, &now,
                ],
            )?;
            work.record(self.case_id, &Event::AttachmentAdded { attachment_id, comment_id, is_internal })?;
            ids.push(attachment_id);
        }
        self.touch(work, !is_internal)?;
        Ok(ids)
    }

    /// Whether the actor may attach something there, and whether it is internal.
    fn may_attach(&self, work: &mut Work, placement: Placement) -> Result<bool> {
        self.must_stand_alone(work)?;
        let is_customer = matches!(work.actor, Actor::Contact { .. });
        if is_customer && placement.is_internal == Some(true) {
            return Err(Error::field("is_internal", "does not go with a customer's file"));
        }
        let Some(comment_id) = placement.comment_id else {
            if is_customer && self.status.is_ended() {
                return Err(Error::Conflict(
                    "this case is closed: comment on it first, which opens it again, and attach the file to the comment".into(),
                ));
            }
            return Ok(placement.is_internal.unwrap_or(false));
        };
        let comment = comment::find(work, self.case_id, comment_id).map_err(|error| match error {
            Error::NotFound(_) => Error::field("comment_id", format!("the case has no comment {comment_id}")),
            other => other,
        })?;
        let is_own = comment.contact_id == work.actor.contact_id();
        if is_customer && !is_own {
            return Err(Error::field("comment_id", "is somebody else's comment; attach files to your own"));
        }
        if placement.is_internal.is_some_and(|wanted| wanted != comment.is_internal) {
            return Err(Error::field("is_internal", "a file is as internal as its comment; leave it out"));
        }
        Ok(comment.is_internal)
    }

    /// Removes an attachment softly; its bytes go 30 days later.
    pub fn remove_attachment(&self, work: &mut Work, attachment_id: i64) -> Result<()> {
        self.must_stand_alone(work)?;
        let attachment = find(work, self.case_id, attachment_id)?;
        may_remove(work, &attachment)?;
        let (now, purge_at) = (work.now, work.now.plus_days(KEPT_DAYS));
        work.execute(
            "update crm_case_attachments set is_active = $2, purge_at = $3, updated_at = $4 where attachment_id = $1",
            &[&attachment_id, &false, &purge_at, &now],
        )?;
        let is_internal = attachment.is_internal;
        self.touch(work, !is_internal)?;
        work.record(self.case_id, &Event::AttachmentRemoved { attachment_id, is_internal })
    }

    /// Brings a removed attachment back, within the 30 days. One that went with its comment comes back with it.
    pub fn restore_attachment(&self, work: &mut Work, attachment_id: i64) -> Result<()> {
        self.must_stand_alone(work)?;
        let (lock, now) = (work.dialect().for_update(), work.now);
        let removed: Option<(bool, bool)> = work.optional(
            &format!(
                "select is_internal, is_deleted_with_comment from crm_case_attachments
                 where attachment_id = $1 and case_id = $2 and not is_active
                     and (purge_at is null or purge_at > $3){lock}"
            ),
            &[&attachment_id, &self.case_id, &now],
        )?;
        let (is_internal, with_comment) = removed.ok_or(Error::NotFound("deleted attachment"))?;
        if with_comment {
            return Err(Error::Conflict("it was deleted with its comment: bring the comment back".into()));
        }
        work.execute(
            "update crm_case_attachments set is_active = $2, purge_at = null, updated_at = $3 where attachment_id = $1",
            &[&attachment_id, &true, &now],
        )?;
        self.touch(work, !is_internal)?;
        work.record(self.case_id, &Event::AttachmentRestored { attachment_id, is_internal })
    }
}

/// Whoever attached it removes it for a while; a manager always.
fn may_remove(work: &Work, attachment: &AttachmentView) -> Result<()> {
    if work.actor.is_at_least(Role::Manager) {
        return Ok(());
    }
    if attachment.uploaded_by.is_none() || attachment.uploaded_by != work.actor.user_id() {
        return Err(Error::Forbidden("only who attached it, or a manager, may remove a file".into()));
    }
    if work.now > attachment.created_at.plus_minutes(REMOVE_MINUTES) {
        return Err(Error::Forbidden(format!(
            "a file may be removed by who attached it for {REMOVE_MINUTES} minutes; ask a manager"
        )));
    }
    Ok(())
}

/// What hangs on a comment goes with it.
pub(super) fn delete_with(work: &mut Work, comment: &CommentView) -> Result<()> {
    let (now, purge_at) = (work.now, work.now.plus_days(KEPT_DAYS));
    work.execute(
        "update crm_case_attachments
         set is_active = $2, is_deleted_with_comment = $3, purge_at = $4, updated_at = $5
         where comment_id = $1 and is_active",
        &[&comment.comment_id, &false, &true, &purge_at, &now],
    )?;
    Ok(())
}

/// What went with a comment comes back with it, unless its time is over.
pub(super) fn restore_with(work: &mut Work, comment_id: i64) -> Result<()> {
    let now = work.now;
    work.execute(
        "update crm_case_attachments
         set is_active = $2, is_deleted_with_comment = $3, purge_at = null, updated_at = $4
         where comment_id = $1 and is_deleted_with_comment and purge_at > $4",
        &[&comment_id, &true, &false, &now],
    )?;
    Ok(())
}

// ---- over HTTP

#[derive(Debug, Serialize, JsonSchema)]
pub struct Attachments {
    pub attachments: Vec<AttachmentView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub pagination: Option<Pagination>,
}

/// An attachment under its name.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OneAttachment {
    pub attachment: AttachmentView,
}

pub async fn list(
    caller: Known,
    Path([case_id]): Path<1>,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Json<Attachments>>> {
    let attachments = caller.read(Class::Bounded, move |work| {
        Case::find(work, case_id)?;
        of_case(work, case_id, None)
    });
    let (attachments, pagination) = query.cut(attachments.await?)?;
    Ok(Json::new(Attachments { attachments, pagination: Some(pagination) }).into())
}

pub async fn list_of_comment(
    caller: Known,
    Path([case_id, comment_id]): Path<2>,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Json<Attachments>>> {
    let attachments = caller.read(Class::Bounded, move |work| {
        Case::find(work, case_id)?;
        comment::find(work, case_id, comment_id)?;
        of_case(work, case_id, Some(comment_id))
    });
    let (attachments, pagination) = query.cut(attachments.await?)?;
    Ok(Json::new(Attachments { attachments, pagination: Some(pagination) }).into())
}

pub async fn create(
    caller: Participant,
    Path([case_id]): Path<1>,
    upload: Upload,
) -> Result<Answer<Created<Attachments>>> {
    // Nobody sends megabytes to be told that there is no such case.
    let standing = move |work: &mut Work| Case::find(work, case_id)?.must_stand_alone(work);
    caller.read(Class::Bounded, standing).await?;
    let form = upload.receive(&caller.app, &["comment_id", "is_internal"]).await?;
    attach(&caller, case_id, form).await
}

pub async fn create_on_comment(
    caller: Participant,
    Path([case_id, comment_id]): Path<2>,
    upload: Upload,
) -> Result<Answer<Created<Attachments>>> {
    let standing = move |work: &mut Work| {
        Case::find(work, case_id)?.must_stand_alone(work)?;
        comment::find(work, case_id, comment_id).map(|_| ())
    };
    caller.read(Class::Bounded, standing).await?;
    let mut form = upload.receive(&caller.app, &["is_internal"]).await?;
    form.comment_id = Some(comment_id);
    attach(&caller, case_id, form).await
}

async fn attach(caller: &Caller, case_id: i64, form: Form) -> Result<Answer<Created<Attachments>>> {
    caller.facts.note_body(&form.fingerprint());
    let placement = Placement { comment_id: form.comment_id, is_internal: form.is_internal };
    // What is refused is refused before the bytes are placed.
    let allowed = move |work: &mut Work| Case::find(work, case_id)?.may_attach(work, placement);
    caller.read(Class::Bounded, allowed).await?;
    let kept = files::keep(&caller.app, form.files).await?;
    caller
        .write(move |work| {
            let ids = Case::take(work, case_id)?.attach(work, placement, &kept)?;
            let attachments: Vec<AttachmentView> =
                ids.iter().map(|id| find(work, case_id, *id)).collect::<Result<_>>()?;
            let list = format!("/api/crm/cases/{case_id}/attachments");
            let location = match &ids[..] {
                [one] => format!("{list}/{one}"),
                _ => list,
            };
            Ok(Created::at(location, Attachments { attachments, pagination: None }))
        })
        .await
}

pub async fn download(
    caller: Known,
    Path([case_id, attachment_id]): Path<2>,
    _: Query<Nothing>,
    wanted: Wanted,
) -> Result<Download> {
    serve(&caller, case_id, attachment_id, &wanted).await
}

/// The bytes of a file, as far as the caller may see it.
pub async fn serve(caller: &Caller, case_id: i64, attachment_id: i64, wanted: &Wanted) -> Result<Download> {
    let stored = caller.read(Class::Bounded, move |work| {
        Case::find(work, case_id)?;
        find(work, case_id, attachment_id)?;
        let stored: Option<Stored> = work.optional(
            "select a.attachment_id, f.file_id, f.hash, f.file_size, a.file_name, a.mime_type
             from crm_case_attachments a join crm_files f on f.file_id = a.file_id where a.attachment_id = $1",
            &[&attachment_id],
        )?;
        stored.ok_or(Error::NotFound("file: the row was made without one"))
    });
    files::serve(&caller.app, &stored.await?, wanted).await
}

pub async fn delete(
    caller: Agent,
    Path([case_id, attachment_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    caller
        .write(move |work| {
            Case::take(work, case_id)?.remove_attachment(work, attachment_id)?;
            Ok(NoContent)
        })
        .await
}

pub async fn restore(
    caller: Admin,
    Path([case_id, attachment_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneAttachment>>> {
    caller
        .write(move |work| {
            Case::take(work, case_id)?.restore_attachment(work, attachment_id)?;
            Ok(Json::new(OneAttachment { attachment: find(work, case_id, attachment_id)? }))
        })
        .await
}
