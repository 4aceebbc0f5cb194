//! The editor: a text beside its preview, saved as a draft, handed to review, or published. What somebody else saved
//! meanwhile is shown, never overwritten.

use askama::Template;
use axum::http::StatusCode;
use db::Class;
use serde_json::{Map, Value, json};

use super::super::article::{self, Article};
use super::super::body::Body;
use super::super::categories;
use super::super::diff::{Comparison, Part};
use super::super::list::{self, ArticleItem, ArticleQuery, StatusFilter};
use super::super::taken::Texts;
use super::super::write::{self, ArticleDraft, ArticleEdit};
use super::super::{Edition, Status, render};
use super::{Branch, is_live, may_publish};
use crate::error::{Error, Result};
use crate::files::articles::{ArticleFile, of_article};
use crate::http::{Agent, Caller, Expected, Viewer};
use crate::input::{self, Set};
use crate::paging::Paging;
use crate::web::{
    Asked, Faults, Form, Frame, Ids, Page, PageResult, Seat, Visit, redirect, show as answer, show_as,
};
use crate::work::Work;

/// Articles offered by the picker.
const PICKS: i64 = 8;

crate::words! {
    /// What a button of the editor does with what was written.
    pub enum Action { Save = "save", Draft = "draft", Review = "review", Publish = "publish" }
}

impl Action {
    /// What the working copy becomes; `None` where it stays what it is.
    fn status(self) -> Option<Status> {
        match self {
            Action::Save => None,
            Action::Draft => Some(Status::Draft),
            Action::Review => Some(Status::Review),
            Action::Publish => Some(Status::Published),
        }
    }

    /// The buttons for a working copy; there is none of a new article yet.
    fn all(from: Option<Status>, is_publisher: bool) -> Vec<Action> {
        let mut actions = match from {
            None | Some(Status::Draft) => vec![Action::Save, Action::Review],
            Some(Status::Review) => vec![Action::Save, Action::Draft],
            Some(Status::Published | Status::Archived) => vec![Action::Draft],
        };
        if is_publisher && from != Some(Status::Archived) {
            actions.push(Action::Publish);
        }
        actions
    }
}

crate::input! {
    /// The editor's form, as it was typed.
    pub struct EditorForm {
        pub title: Option<String>,
        pub summary: Option<String>,
        pub content: Option<String>,
        /// Words with commas between, as the keywords and related articles are.
        pub tags: Option<String>,
        pub keywords: Option<String>,
        /// Whether the form offered what follows: it counts at once for readers.
        pub settings: Option<bool>,
        pub category_id: Option<String>,
        pub related_article_ids: Option<String>,
        pub slug: Option<String>,
        pub is_featured: Option<bool>,
        pub is_internal: Option<bool>,
        pub note: Option<String>,
        pub edit_version: Option<i64>,
        pub action: Option<Action>,
    }
}

/// What stands in the fields.
#[derive(Debug, Clone, Default)]
struct Typed {
    title: String,
    summary: String,
    content: String,
    tags: String,
    keywords: String,
    category_id: String,
    related: String,
    slug: String,
    is_featured: bool,
    is_internal: bool,
    note: String,
}

fn words(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// A number, or what was typed instead of one: its reader says what is wrong with that.
fn number(text: &str) -> Value {
    text.trim().parse::<i64>().map_or_else(|_| json!(text), |id| json!(id))
}

impl Typed {
    fn of(form: &EditorForm) -> Typed {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        Typed {
            title: text(&form.title),
            summary: text(&form.summary),
            // Forms end lines as the internet does; texts here end them as everything else does.
            content: text(&form.content).replace("\r\n", "\n"),
            tags: text(&form.tags),
            keywords: text(&form.keywords),
            category_id: text(&form.category_id),
            related: text(&form.related_article_ids),
            slug: text(&form.slug),
            is_featured: form.is_featured == Some(true),
            is_internal: form.is_internal == Some(true),
            note: text(&form.note),
        }
    }

    fn stored(article: &Article, content: String, related: &[i64]) -> Typed {
        let ids: Vec<String> = related.iter().map(i64::to_string).collect();
        Typed {
            title: article.title.clone(),
            summary: article.summary.clone(),
            content,
            tags: article.tags.join(", "),
            keywords: article.keywords.join(", "),
            category_id: article.category_id.map_or_else(String::new, |id| id.to_string()),
            related: ids.join(", "),
            slug: article.slug.clone(),
            is_featured: article.is_featured,
            is_internal: article.is_internal,
            note: String::new(),
        }
    }

    /// The body that the API would be sent: what is wrong is found by the same reader.
    fn body(&self, has_settings: bool, action: Action) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.into(), value);
        put("title", json!(self.title));
        put("summary", json!(self.summary));
        put("content", json!(self.content));
        put("tags", json!(words(&self.tags)));
        put("keywords", json!(words(&self.keywords)));
        if has_settings {
            let category = self.category_id.trim();
            put("category_id", if category.is_empty() { Value::Null } else { number(category) });
            let related: Vec<Value> = words(&self.related).into_iter().map(number).collect();
            put("related_article_ids", json!(related));
            put("is_featured", json!(self.is_featured));
            put("is_internal", json!(self.is_internal));
            if !self.slug.trim().is_empty() {
                put("slug", json!(self.slug));
            }
        }
        if !self.note.trim().is_empty() {
            put("note", json!(self.note));
        }
        if let Some(status) = action.status() {
            put("status", json!(status));
        }
        Value::Object(body)
    }

    fn texts(&self) -> Texts {
        let list = |text: &str| words(text).into_iter().map(str::to_owned).collect();
        Texts {
            title: self.title.clone(),
            summary: self.summary.clone(),
            content: self.content.clone(),
            tags: list(&self.tags),
            keywords: list(&self.keywords),
        }
    }
}

/// What is wrong, by the field that shows it: the third tag is a fault of the tags.
struct Marks(Faults);

impl Marks {
    fn with(&self, field: &str) -> &str {
        let found = self.0.all().iter().find(|told| told.field.split('/').next() == Some(field));
        found.map_or("", |told| &told.message)
    }

    /// What concerns no field.
    fn general(&self) -> Vec<&str> {
        let general = self.0.all().iter().filter(|told| told.field.is_empty() || told.field == "status");
        general.map(|told| told.message.as_str()).collect()
    }
}

#[derive(Template)]
#[template(path = "knowledge/editor.html")]
struct EditorPage {
    page: Page,
    frame: Frame,
    /// The working copy; none of a new article.
    article: Option<Article>,
    typed: Typed,
    faults: Marks,
    tree: Vec<Branch>,
    related: Vec<Article>,
    files: Vec<ArticleFile>,
    /// From what somebody else saved meanwhile to what was typed.
    conflict: Option<Comparison>,
    actions: Vec<Action>,
    /// Whether what counts at once for readers may be changed.
    has_settings: bool,
    preview: String,
}

impl EditorPage {
    /// The address that its form is sent to.
    fn place(&self) -> String {
        self.article
            .as_ref()
            .map_or("/knowledge".into(), |article| format!("/knowledge/{}/edit", article.article_id))
    }

    /// What its texts are called that this browser keeps.
    fn draft_key(&self) -> String {
        self.article.as_ref().map_or("new".into(), |article| article.article_id.to_string())
    }

    fn edit_version(&self) -> i64 {
        self.article.as_ref().map_or(0, |article| article.edit_version)
    }

    fn is_in(&self, branch: &Branch) -> bool {
        self.typed.category_id == branch.category.category_id.to_string()
    }

    fn publishes(&self) -> bool {
        self.actions.contains(&Action::Publish)
    }

    /// What a button says.
    fn label(&self, action: &Action) -> String {
        let is_published = self.article.as_ref().is_some_and(|article| article.status == Status::Published);
        let kind = match (action, is_published) {
            (Action::Draft, true) => "knowledge-act-next",
            (Action::Draft, false) => "knowledge-act-draft",
            (Action::Save, _) => "knowledge-act-save",
            (Action::Review, _) => "knowledge-act-review",
            (Action::Publish, _) => "knowledge-act-publish",
        };
        self.page.language().say(kind).into_owned()
    }
}

/// What the page is to show beside what is stored.
struct Again {
    typed: Typed,
    faults: Faults,
    is_conflict: bool,
}

async fn page(
    caller: &Caller,
    visit: &Visit,
    id: Option<i64>,
    again: Option<Again>,
    wanted: Option<String>,
) -> Result<EditorPage> {
    let (visit, again_typed) = (visit.clone(), again.as_ref().map(|again| again.typed.clone()));
    let read = caller.read(Class::Bounded, move |work| {
        let stored = match id {
            Some(id) => {
                let article = article::find(work, id, Edition::Draft)?;
                let (content, related) = article::content(work, id, Edition::Draft)?;
                let is_live = is_live(work, id)?;
                Some((article, content, related, is_live, of_article(work, id)?))
            }
            None => None,
        };
        let related: Vec<i64> = match (&again_typed, &stored) {
            (Some(typed), _) => {
                words(&typed.related).iter().filter_map(|id| id.parse().ok()).take(50).collect()
            }
            (None, Some((_, _, related, ..))) => related.clone(),
            (None, None) => Vec::new(),
        };
        let related = article::readable_among(work, &related)?;
        let (page, frame) = (Page::read(work, &visit)?, Frame::read(work, &visit, "knowledge")?);
        Ok((stored, related, Branch::all(categories::all(work, false)?), page, frame))
    });
    let (stored, related, tree, page, frame) = read.await?;
    let is_publisher = may_publish(caller.actor);
    let mut shown = EditorPage {
        page,
        frame,
        article: None,
        typed: Typed { title: wanted.unwrap_or_default(), ..Typed::default() },
        faults: Marks(Faults::default()),
        tree,
        related,
        files: Vec::new(),
        conflict: None,
        actions: Action::all(None, is_publisher),
        has_settings: true,
        preview: String::new(),
    };
    if let Some((article, content, related, is_live, files)) = stored {
        shown.typed = Typed::stored(&article, content, &related);
        shown.actions = Action::all(Some(article.status), is_publisher);
        shown.has_settings = is_publisher || !is_live;
        shown.article = Some(article);
        shown.files = files;
    }
    if let Some(again) = again {
        if again.is_conflict {
            let (theirs, ours) = (shown.typed.texts(), again.typed.texts());
            shown.conflict = tokio::task::spawn_blocking(move || Comparison::of(theirs, ours)).await.ok();
        }
        shown.typed = again.typed;
        shown.faults = Marks(again.faults);
    }
    shown.preview = Body::of(&render::html(&caller.app, &shown.typed.content).await?).html;
    Ok(shown)
}

crate::input! {
    pub struct NewQuery {
        /// What the article is about: a search that found nothing.
        pub title: Option<String>,
    }
}

pub async fn new(seat: Seat<Agent>, asked: Asked<NewQuery>) -> PageResult {
    answer(&page(&seat, &seat.visit, None, None, asked.query.title).await?)
}

pub async fn edit(seat: Seat<Agent>, Ids([id]): Ids<1>) -> PageResult {
    answer(&page(&seat, &seat.visit, Some(id), None, None).await?)
}

/// Shows the editor again with what was typed and what is wrong with it.
async fn again(seat: &Seat<Agent>, id: Option<i64>, typed: Typed, error: Error) -> PageResult {
    let status = error.status();
    let is_conflict = matches!(error, Error::Stale);
    let faults = match error {
        Error::Stale => Faults::default(),
        // What somebody may not do is no reason to lose what they wrote.
        Error::Forbidden(detail) => Faults::of(Error::Conflict(detail), &seat.visit)?,
        error => Faults::of(error, &seat.visit)?,
    };
    let shown = page(seat, &seat.visit, id, Some(Again { typed, faults, is_conflict }), None).await?;
    show_as(status.max(StatusCode::BAD_REQUEST), &shown)
}

pub async fn create(seat: Seat<Agent>, Form(form): Form<EditorForm>) -> PageResult {
    let typed = Typed::of(&form);
    let action = form.action.unwrap_or(Action::Save);
    let made = match input::from_json::<ArticleDraft>(typed.body(true, action)) {
        Ok(draft) => {
            seat.app.write(seat.actor, move |work| Ok(write::create(work, draft.clone())?.article_id)).await
        }
        Err(error) => Err(error),
    };
    seat.app.knowledge.neighbours.forget();
    match made {
        Ok(id) => redirect(&format!("/knowledge/{id}?done={}", done(action))),
        Err(error) => again(&seat, None, typed, error).await,
    }
}

pub async fn save(seat: Seat<Agent>, Ids([id]): Ids<1>, Form(form): Form<EditorForm>) -> PageResult {
    let typed = Typed::of(&form);
    let action = form.action.unwrap_or(Action::Save);
    let body = typed.body(form.settings == Some(true), action);
    let expected = Expected::version(id, form.edit_version.unwrap_or(0));
    let saved = match input::from_json::<ArticleEdit>(body) {
        Ok(edit) => {
            let write = move |work: &mut Work| write::update(work, id, edit.clone(), &expected).map(|_| ());
            seat.app.write(seat.actor, write).await
        }
        Err(error) => Err(error),
    };
    seat.app.knowledge.neighbours.forget();
    match saved {
        Ok(()) => redirect(&format!("/knowledge/{id}?done={}", done(action))),
        Err(error) => again(&seat, Some(id), typed, error).await,
    }
}

fn done(action: Action) -> super::article::Done {
    use super::article::Done;
    match action {
        Action::Save => Done::Saved,
        Action::Draft => Done::Draft,
        Action::Review => Done::Review,
        Action::Publish => Done::Published,
    }
}

crate::input! {
    pub struct PreviewForm {
        pub content: Option<String>,
    }
}

#[derive(Template)]
#[template(source = "{{ html|safe }}", ext = "html")]
struct Fragment {
    html: String,
}

/// The body of an article as readers would see it.
pub async fn preview(seat: Seat<Viewer>, Form(form): Form<PreviewForm>) -> PageResult {
    let html = render::html(&seat.app, &form.content.unwrap_or_default()).await?;
    answer(&Fragment { html: Body::of(&html).html })
}

crate::input! {
    pub struct PickQuery {
        pub search: Option<String>,
    }
}

#[derive(Template)]
#[template(path = "knowledge/picks.html")]
struct Picks {
    page: Page,
    articles: Vec<ArticleItem>,
}

/// Published articles to be named as related, as a fragment of the editor.
pub async fn pick(seat: Seat<Viewer>, asked: Asked<PickQuery>) -> PageResult {
    let (mut query, paging) = (input::from_query::<ArticleQuery>("")?, Paging::new(None, None, None, PICKS)?);
    query.search = asked.query.search;
    query.status = Some(Set(vec![StatusFilter::Published]));
    let visit = seat.visit.clone();
    let found = seat.read(Class::Slow, move |work| {
        Ok(Picks { page: Page::read(work, &visit)?, articles: list::answer(work, &query, &paging)?.articles })
    });
    answer(&found.await?)
}
