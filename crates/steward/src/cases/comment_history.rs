//! What a comment said before, and bringing a deleted one back.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::api::OneComment;
use super::attachments;
use super::case::Case;
use super::comment;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::events::Event;
use crate::http::{Admin, Answer, Json, Nothing, Path, Query, Viewer};
use crate::work::Work;

db::record! {
    /// A former text of a comment.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct CommentVersion {
        /// The comment's edit version while it said this.
        pub version: i64,
        pub comment_text: String,
        pub is_internal: bool,
        /// The user who gave it another text.
        pub edited_by: Option<i64>,
        /// The contact who did.
        pub edited_by_contact_id: Option<i64>,
        /// When it was given another text.
        pub created_at: Time,
    }
}

/// Former texts of a comment, the latest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CommentVersions {
    pub versions: Vec<CommentVersion>,
}

/// Versions answered, at most; there are hardly ever more than a few.
const MOST: i64 = 200;

pub(super) fn versions(work: &mut Work, case_id: i64, comment_id: i64) -> Result<CommentVersions> {
    Case::find(work, case_id)?;
    comment::find(work, case_id, comment_id)?;
    let versions = work.query(
        "select version, comment_text, is_internal, edited_by, edited_by_contact_id, created_at
         from crm_case_comment_versions where comment_id = $1 order by version desc limit $2",
        &[&comment_id, &MOST],
    )?;
    Ok(CommentVersions { versions })
}

impl Case {
    /// Brings a deleted comment back as it was.
    fn restore_comment(&self, work: &mut Work, comment_id: i64) -> Result<()> {
        self.must_stand_alone(work)?;
        let deleted: Option<(bool,)> = work.optional(
            "select is_internal from crm_case_comments where comment_id = $1 and case_id = $2 and not is_active",
            &[&comment_id, &self.case_id],
        )?;
        let (is_internal,) = deleted.ok_or(Error::NotFound("deleted comment"))?;
        let now = work.now;
        work.execute(
            "update crm_case_comments set is_active = $2, updated_at = $3, edit_version = edit_version + 1
             where comment_id = $1",
            &[&comment_id, &true, &now],
        )?;
        attachments::restore_with(work, comment_id)?;
        self.touch(work, !is_internal)?;
        work.record(self.case_id, &Event::CommentRestored { comment_id, is_internal })
    }
}

pub async fn list(
    caller: Viewer,
    Path([case_id, comment_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<CommentVersions>>> {
    let versions = caller.read(Class::Bounded, move |work| versions(work, case_id, comment_id));
    Ok(Json::new(versions.await?).into())
}

pub async fn restore(
    caller: Admin,
    Path([case_id, comment_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneComment>>> {
    caller
        .write(move |work| {
            Case::take(work, case_id)?.restore_comment(work, comment_id)?;
            let comment = comment::find(work, case_id, comment_id)?;
            let version = comment.edit_version;
            Ok(Json::version(OneComment { comment }, comment_id, version))
        })
        .await
}
