//! The whole HTTP surface on one page: every route, who may use it, what it does.
//!
//! The permission is the handler's first argument; naming another one here does not compile.

mod body;
mod caller;
mod docs;
mod endpoint;
mod idempotency;
mod language;
mod leftover;
mod limits;
mod observe;
mod openapi;
mod reply;
mod serve;
mod stall;
mod turns;

use axum::Router;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, any, on};

pub use crate::app::App;
pub use body::{Body, Link, Nothing, Path, Query, Word, whole};
pub use caller::{
    Admin, Agent, Anyone, Caller, Customer, Expected, Guest, Known, Manager, Participant, Reader, Viewer,
};
pub use endpoint::{Describe, Operation, Route};
pub use idempotency::forget_old_keys;
pub use limits::{Asker, RequestLimits};
pub use observe::Metrics;
pub use reply::{Answer, Created, Either, Json, Moved, NoContent, Reply, etag, json_bytes};
pub use serve::{Server, serve, serve_metrics};
pub use turns::Turns;

use crate::error::Error;
use crate::{
    administration, branding, cases, customers, dashboard, escalations, files, jobs, knowledge, live, mail,
    notifications, people, routing, sla, surveys, web,
};

macro_rules! routes {
    ($($method:ident $path:literal $permission:ident $handler:path, $summary:literal;)*) => {
        vec![$(Route::new::<$permission, _, _, _>(
            Method::$method, $path, stringify!($permission), stringify!($handler), $summary, $handler,
        )),*]
    };
}

#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    routes![
        GET    "/api/crm/cases"                             Known       cases::api::list,              "List cases, with filters, search, totals and a summary";
        POST   "/api/crm/cases"                             Participant cases::api::create,            "Open a case";
        POST   "/api/crm/cases/bulk"                        Manager     cases::api::bulk,              "Change up to 500 cases, each answered for itself";
        GET    "/api/crm/cases.csv"                         Manager     cases::sheet::export,          "Any case list as CSV, the whole of it";
        GET    "/api/crm/cases/{case_id}"                   Known       cases::api::show,              "A case with its comments, attachments, escalations, violations and timeline";
        PUT    "/api/crm/cases/{case_id}"                   Agent       cases::api::update,            "Change the fields named";
        DELETE "/api/crm/cases/{case_id}"                   Manager     cases::api::delete,            "Delete a case (softly)";
        POST   "/api/crm/cases/{case_id}/restoration"       Admin       cases::api::restore,           "Bring a deleted case back";
        PUT    "/api/crm/cases/{case_id}/status"            Participant cases::api::set_status,        "Move a case through its workflow";
        GET    "/api/crm/cases/{case_id}/comments"          Known       cases::api::comments,          "The conversation, a page at a time";
        POST   "/api/crm/cases/{case_id}/comments"          Participant cases::api::create_comment,    "Comment on a case";
        GET    "/api/crm/cases/{case_id}/comments/{comment_id}" Known   cases::api::show_comment,      "A comment";
        PUT    "/api/crm/cases/{case_id}/comments/{comment_id}" Participant cases::api::update_comment, "Edit a comment";
        DELETE "/api/crm/cases/{case_id}/comments/{comment_id}" Agent   cases::api::delete_comment,    "Delete a comment (softly)";
        GET    "/api/crm/cases/{case_id}/comments/{comment_id}/versions" Viewer cases::comment_history::list, "What a comment said before it was edited";
        GET    "/api/crm/cases/{case_id}/comments/{comment_id}/attachments" Known cases::attachments::list_of_comment, "The files of a comment";
        POST   "/api/crm/cases/{case_id}/comments/{comment_id}/attachments" Participant cases::attachments::create_on_comment, "Attach files to a comment";
        GET    "/api/crm/cases/{case_id}/attachments"       Known       cases::attachments::list,      "The files of a case and its comments";
        POST   "/api/crm/cases/{case_id}/attachments"       Participant cases::attachments::create,    "Attach files to a case, or to one of its comments";
        GET    "/api/crm/cases/{case_id}/attachments/{attachment_id}" Known cases::attachments::download, "The bytes of a file, or a range of them";
        DELETE "/api/crm/cases/{case_id}/attachments/{attachment_id}" Agent cases::attachments::delete, "Remove a file (softly; its bytes go after 30 days)";
        POST   "/api/crm/cases/{case_id}/attachments/{attachment_id}/restoration" Admin cases::attachments::restore, "Bring a removed file back";
        POST   "/api/crm/cases/{case_id}/comments/{comment_id}/restoration" Admin cases::comment_history::restore, "Bring a deleted comment back";
        GET    "/api/crm/cases/{case_id}/timeline"          Known       cases::api::timeline,          "What happened to a case, newest first";
        POST   "/api/crm/cases/{case_id}/merge"             Agent       cases::api::merge,             "Merge a case into another, as its duplicate";
        GET    "/api/crm/cases/{case_id}/sla"               Viewer      cases::api::explain_sla,       "Why each SLA clock shows what it shows";
        GET    "/api/crm/cases/{case_id}/escalations"       Viewer      escalations::list,             "The escalations of a case";
        POST   "/api/crm/cases/{case_id}/escalations"       Agent       escalations::create,           "Escalate a case";
        POST   "/api/crm/cases/{case_id}/escalations/{escalation_id}/acknowledgement" Agent escalations::acknowledge, "Acknowledge an escalation";
        POST   "/api/crm/cases/{case_id}/escalations/{escalation_id}/resolution" Agent escalations::resolve, "Resolve an escalation: de-escalate";
        POST   "/api/crm/cases/{case_id}/followers"         Viewer      notifications::follow,         "Follow a case";
        DELETE "/api/crm/cases/{case_id}/followers"         Viewer      notifications::unfollow,       "Follow a case no more";
        GET    "/api/crm/saved-views"                       Viewer      cases::saved_views::list,      "One's own saved views, and those that are shared";
        POST   "/api/crm/saved-views"                       Viewer      cases::saved_views::create,    "Save the filters of a list under a name";
        GET    "/api/crm/saved-views/{view_id}"             Viewer      cases::saved_views::show,      "A saved view";
        PUT    "/api/crm/saved-views/{view_id}"             Viewer      cases::saved_views::update,    "Change a saved view: its maker's, and a manager's if it is shared";
        DELETE "/api/crm/saved-views/{view_id}"             Viewer      cases::saved_views::delete,    "Delete a saved view (softly)";
        POST   "/api/crm/saved-views/{view_id}/restoration" Admin       cases::saved_views::restore,   "Bring a deleted saved view back";
        PUT    "/api/crm/cases/{case_id}/presence"          Viewer      live::presence::enter,         "Say that one is looking at a case, or typing";
        DELETE "/api/crm/cases/{case_id}/presence"          Viewer      live::presence::leave,         "Say that one has left it";
        GET    "/api/crm/canned-replies"                    Viewer      cases::canned_replies::list,   "One's own canned replies and those of the desk; with a case, filled in";
        POST   "/api/crm/canned-replies"                    Agent       cases::canned_replies::create, "Add a canned reply";
        GET    "/api/crm/canned-replies/{canned_reply_id}"  Viewer      cases::canned_replies::show,   "A canned reply; with a case, filled in";
        PUT    "/api/crm/canned-replies/{canned_reply_id}"  Agent       cases::canned_replies::update, "Change a canned reply";
        DELETE "/api/crm/canned-replies/{canned_reply_id}"  Agent       cases::canned_replies::delete, "Delete a canned reply (softly)";
        POST   "/api/crm/canned-replies/{canned_reply_id}/restoration" Admin cases::canned_replies::restore, "Bring a deleted canned reply back";
        GET    "/api/crm/support/dashboard"                 Viewer      dashboard::show,               "How the desk stands, and how a period of it went";
        GET    "/api/crm/support/dashboard/{section}"       Manager     dashboard::sections::export,   "A section of the dashboard as CSV";
        GET    "/api/crm/support/live"                      Known       live::listen,                  "What happens on the desk, as it happens: server-sent events";
        GET    "/api/crm/escalation-rules"                  Viewer      escalations::rule_api::list_rules, "List escalation rules in their order";
        POST   "/api/crm/escalation-rules"                  Manager     escalations::rule_api::create_rule, "Add an escalation rule";
        PUT    "/api/crm/escalation-rules/order"            Manager     escalations::rule_api::reorder_rules, "Change the order of the escalation rules";
        GET    "/api/crm/escalation-rules/{rule_id}"        Viewer      escalations::rule_api::show_rule, "An escalation rule";
        PUT    "/api/crm/escalation-rules/{rule_id}"        Manager     escalations::rule_api::update_rule, "Change the fields named of an escalation rule";
        DELETE "/api/crm/escalation-rules/{rule_id}"        Manager     escalations::rule_api::delete_rule, "Delete an escalation rule (softly)";
        POST   "/api/crm/escalation-rules/{rule_id}/restoration" Admin  escalations::rule_api::restore_rule, "Bring a deleted escalation rule back";
        GET    "/api/crm/assignment-rules"                  Viewer      routing::rules::list,          "List assignment rules in their order";
        POST   "/api/crm/assignment-rules"                  Manager     routing::rules::create,        "Add an assignment rule";
        PUT    "/api/crm/assignment-rules/order"            Manager     routing::rules::reorder,       "Change the order in which assignment rules are tried";
        GET    "/api/crm/assignment-rules/{rule_id}"        Viewer      routing::rules::show,          "An assignment rule";
        PUT    "/api/crm/assignment-rules/{rule_id}"        Manager     routing::rules::update,        "Change the fields named of an assignment rule";
        DELETE "/api/crm/assignment-rules/{rule_id}"        Manager     routing::rules::delete,        "Delete an assignment rule (softly)";
        POST   "/api/crm/assignment-rules/{rule_id}/restoration" Admin  routing::rules::restore,       "Bring a deleted assignment rule back";
        GET    "/api/crm/notifications"                     Viewer      notifications::list,           "One's own notifications, the latest first";
        PUT    "/api/crm/notifications"                     Viewer      notifications::mark_read,      "Mark notifications as read";
        GET    "/api/crm/jobs"                              Admin       jobs::api::list,               "Jobs that wait, and dead ones";
        POST   "/api/crm/jobs/{job_id}/retry"               Admin       jobs::api::retry,              "Give a dead job another life";
        GET    "/api/crm/knowledge"                         Reader      knowledge::list::list,         "List articles, with filters and search, and all categories";
        POST   "/api/crm/knowledge"                         Agent       knowledge::show::create,       "Write an article";
        GET    "/api/crm/knowledge/suggest"                 Reader      knowledge::suggest::suggest,   "The published articles that answer a problem best";
        GET    "/api/crm/knowledge/by-slug/{slug}"          Reader      knowledge::show::by_slug,      "An article by its address; a former address redirects";
        GET    "/api/crm/knowledge/{article_id}"            Reader      knowledge::show::show,         "An article with related ones and its files; counts as a view";
        PUT    "/api/crm/knowledge/{article_id}"            Agent       knowledge::show::update,       "Change the fields named, or move an article through its workflow";
        DELETE "/api/crm/knowledge/{article_id}"            Manager     knowledge::show::delete,       "Delete an article (softly)";
        POST   "/api/crm/knowledge/{article_id}/restoration" Admin      knowledge::show::restore,      "Bring a deleted article back";
        GET    "/api/crm/knowledge/{article_id}/feedback"   Viewer      knowledge::feedback::list,     "What readers said of an article, the latest first";
        POST   "/api/crm/knowledge/{article_id}/feedback"   Reader      knowledge::feedback::submit,   "Say whether an article helped";
        GET    "/api/crm/knowledge/{article_id}/versions"   Viewer      knowledge::versions::list,     "The publications of an article, the latest first";
        GET    "/api/crm/knowledge/{article_id}/versions/{version}" Viewer knowledge::versions::show,  "An article as it was published";
        GET    "/api/crm/knowledge/{article_id}/versions/{version}/diff" Viewer knowledge::versions::diff, "What a publication changed, by line";
        POST   "/api/crm/knowledge/{article_id}/versions/{version}/restoration" Agent knowledge::versions::restore, "Make a former text the draft of the next version";
        GET    "/api/crm/knowledge-categories"              Reader      knowledge::categories::list,   "The tree of categories with counts of articles";
        POST   "/api/crm/knowledge-categories"              Manager     knowledge::categories::create, "Add a category";
        GET    "/api/crm/knowledge-categories/{category_id}" Reader     knowledge::categories::show,   "A category";
        PUT    "/api/crm/knowledge-categories/{category_id}" Manager    knowledge::categories::update, "Change a category, or move it in the tree";
        DELETE "/api/crm/knowledge-categories/{category_id}" Manager    knowledge::categories::delete, "Delete an empty category (softly)";
        POST   "/api/crm/knowledge-categories/{category_id}/restoration" Admin knowledge::categories::restore, "Bring a deleted category back";
        GET    "/api/crm/sla-policies"                      Viewer      sla::policies::list,           "List SLA policies in the order in which they are tried";
        POST   "/api/crm/sla-policies"                      Manager     sla::policies::create,         "Add an SLA policy";
        PUT    "/api/crm/sla-policies/order"                Manager     sla::policies::reorder,        "Change the order in which SLA policies are tried; open cases are recomputed as a job";
        GET    "/api/crm/sla-policies/{sla_policy_id}"      Viewer      sla::policies::show,           "An SLA policy";
        PUT    "/api/crm/sla-policies/{sla_policy_id}"      Manager     sla::policies::update,         "Change an SLA policy; open cases are recomputed as a job";
        DELETE "/api/crm/sla-policies/{sla_policy_id}"      Manager     sla::policies::delete,         "Delete an SLA policy (softly)";
        POST   "/api/crm/sla-policies/{sla_policy_id}/preview" Manager  sla::policies::preview,        "What a change would do to the open cases, changing nothing";
        POST   "/api/crm/sla-policies/{sla_policy_id}/restoration" Admin sla::policies::restore,       "Bring a deleted SLA policy back; open cases are recomputed as a job";
        GET    "/api/crm/sla-recomputations"                Manager     sla::recomputations::list,     "How far the recomputations of open cases have come, the latest first";
        GET    "/api/crm/sla-violations"                    Viewer      sla::violations::list,         "List missed targets, the latest first";
        POST   "/api/crm/sla-violations/{violation_id}/acknowledgement" Manager sla::violations::acknowledge, "Take note of a missed target";
        GET    "/api/crm/knowledge/{article_id}/attachments" Reader     files::articles::list,         "The files of an article";
        POST   "/api/crm/knowledge/{article_id}/attachments" Agent      files::articles::create,       "Attach files to an article";
        GET    "/api/crm/knowledge/{article_id}/attachments/{attachment_id}" Reader files::articles::download, "The bytes of an article's file, or a range of them";
        DELETE "/api/crm/knowledge/{article_id}/attachments/{attachment_id}" Agent files::articles::delete, "Remove an article's file (softly)";
        POST   "/api/crm/knowledge/{article_id}/attachments/{attachment_id}/restoration" Admin files::articles::restore, "Bring an article's file back";
        GET    "/api/crm/case-types"                        Known       cases::case_types::list,       "List case types";
        POST   "/api/crm/case-types"                        Manager     cases::case_types::create,     "Add a case type";
        GET    "/api/crm/case-types/{case_type_id}"         Known       cases::case_types::show,       "A case type";
        PUT    "/api/crm/case-types/{case_type_id}"         Manager     cases::case_types::update,     "Change a case type";
        DELETE "/api/crm/case-types/{case_type_id}"         Manager     cases::case_types::delete,     "Delete a case type (softly)";
        POST   "/api/crm/case-types/{case_type_id}/restoration" Admin   cases::case_types::restore,    "Bring a deleted case type back";
        GET    "/api/crm/case-priorities"                   Known       cases::priorities::list,       "List priorities";
        POST   "/api/crm/case-priorities"                   Manager     cases::priorities::create,     "Add a priority";
        GET    "/api/crm/case-priorities/{priority_id}"     Known       cases::priorities::show,       "A priority";
        PUT    "/api/crm/case-priorities/{priority_id}"     Manager     cases::priorities::update,     "Change a priority";
        DELETE "/api/crm/case-priorities/{priority_id}"     Manager     cases::priorities::delete,     "Delete a priority (softly)";
        POST   "/api/crm/case-priorities/{priority_id}/restoration" Admin cases::priorities::restore,  "Bring a deleted priority back";
        GET    "/api/crm/accounts"                          Viewer      people::accounts::list,        "List accounts, by prefix of their name";
        POST   "/api/crm/accounts"                          Agent       people::accounts::create,      "Add an account";
        GET    "/api/crm/accounts/{account_id}"             Viewer      people::accounts::show,        "An account";
        PUT    "/api/crm/accounts/{account_id}"             Agent       people::accounts::update,      "Change an account";
        DELETE "/api/crm/accounts/{account_id}"             Manager     people::accounts::delete,      "Delete an account (softly)";
        POST   "/api/crm/accounts/{account_id}/restoration" Admin       people::accounts::restore,     "Bring a deleted account back";
        GET    "/api/crm/accounts/{account_id}/cases"       Viewer      people::accounts::cases,       "Cases of an account";
        GET    "/api/crm/contacts"                          Viewer      people::contacts::list,        "List contacts, by prefix of name or e-mail";
        POST   "/api/crm/contacts"                          Agent       people::contacts::create,      "Add a contact";
        GET    "/api/crm/contacts/{contact_id}"             Viewer      people::contacts::show,        "A contact";
        PUT    "/api/crm/contacts/{contact_id}"             Agent       people::contacts::update,      "Change a contact";
        DELETE "/api/crm/contacts/{contact_id}"             Manager     people::contacts::delete,      "Delete a contact (softly), or erase the person with erase=true (admin)";
        POST   "/api/crm/contacts/{contact_id}/restoration" Admin       people::contacts::restore,     "Bring a deleted contact back";
        GET    "/api/crm/contacts/{contact_id}/cases"       Viewer      people::contacts::cases,       "Cases of a contact";
        GET    "/api/crm/users"                             Viewer      people::users::list,           "List users";
        POST   "/api/crm/users"                             Admin       people::users::create,         "Add a user";
        GET    "/api/crm/users/{user_id}"                   Viewer      people::users::show,           "A user";
        PUT    "/api/crm/users/{user_id}"                   Admin       people::users::update,         "Change a user";
        DELETE "/api/crm/users/{user_id}"                   Admin       people::users::delete,         "Deactivate a user and end their tokens";
        POST   "/api/crm/users/{user_id}/restoration"       Admin       people::users::restore,        "Bring a deactivated user back";
        GET    "/api/crm/teams"                             Viewer      people::teams::list,           "List teams with their members";
        POST   "/api/crm/teams"                             Manager     people::teams::create,         "Add a team";
        GET    "/api/crm/teams/{team_id}"                   Viewer      people::teams::show,           "A team with its members";
        PUT    "/api/crm/teams/{team_id}"                   Manager     people::teams::update,         "Change a team and its members";
        DELETE "/api/crm/teams/{team_id}"                   Manager     people::teams::delete,         "Delete a team (softly)";
        POST   "/api/crm/teams/{team_id}/restoration"       Admin       people::teams::restore,        "Bring a deleted team back";
        GET    "/api/crm/calendars"                         Viewer      sla::calendars::list,          "List calendars of business hours";
        POST   "/api/crm/calendars"                         Manager     sla::calendars::create,        "Add a calendar";
        POST   "/api/crm/calendars/try"                     Viewer      sla::try_out::try_written,     "Ask a calendar in the body: deadlines, business time, openings";
        GET    "/api/crm/calendars/{calendar_id}"           Viewer      sla::calendars::show,          "A calendar with its hours";
        PUT    "/api/crm/calendars/{calendar_id}"           Manager     sla::calendars::update,        "Change a calendar";
        DELETE "/api/crm/calendars/{calendar_id}"           Manager     sla::calendars::delete,        "Delete a calendar that no policy uses (softly)";
        POST   "/api/crm/calendars/{calendar_id}/restoration" Admin     sla::calendars::restore,       "Bring a deleted calendar back";
        POST   "/api/crm/calendars/{calendar_id}/preview"   Manager     sla::calendars::preview,       "What a change of hours would do to the open cases, changing nothing";
        POST   "/api/crm/calendars/{calendar_id}/try"       Viewer      sla::try_out::try_kept,        "Ask a calendar: deadlines, business time, openings";
        POST   "/api/crm/calendars/{calendar_id}/holidays/import" Manager sla::import::import_holidays, "Add the events of an iCalendar file as holidays";
        GET    "/api/crm/surveys"                           Viewer      surveys::definition::list,     "List surveys";
        POST   "/api/crm/surveys"                           Manager     surveys::definition::create,   "Add a survey";
        GET    "/api/crm/surveys/{survey_id}"               Viewer      surveys::definition::show,     "A survey";
        PUT    "/api/crm/surveys/{survey_id}"               Manager     surveys::definition::update,   "Change a survey";
        DELETE "/api/crm/surveys/{survey_id}"               Manager     surveys::definition::delete,   "Delete a survey (softly)";
        POST   "/api/crm/surveys/{survey_id}/restoration"   Admin       surveys::definition::restore,  "Bring a deleted survey back";
        GET    "/api/crm/surveys/{survey_id}/questions"     Viewer      surveys::questions::list,      "The questions of a survey, of any version";
        POST   "/api/crm/surveys/{survey_id}/questions"     Manager     surveys::questions::create,    "Add a question";
        PUT    "/api/crm/surveys/{survey_id}/questions/order" Manager   surveys::questions::reorder,   "Change the order of the questions; of those that were asked it makes the next version";
        GET    "/api/crm/surveys/{survey_id}/questions/{question_id}" Viewer surveys::questions::show, "A question";
        PUT    "/api/crm/surveys/{survey_id}/questions/{question_id}" Manager surveys::questions::update, "Change a question; one that was asked goes on as another in the next version";
        DELETE "/api/crm/surveys/{survey_id}/questions/{question_id}" Manager surveys::questions::delete, "Ask a question no more";
        GET    "/api/crm/surveys/{survey_id}/respond"       Known       surveys::submission::ask,      "The questions to be answered";
        POST   "/api/crm/surveys/{survey_id}/respond"       Participant surveys::submission::answer,   "Answer a survey, once per case and contact";
        GET    "/api/crm/surveys/{survey_id}/results"       Viewer      surveys::results::show,        "Response rate, means, distributions and NPS, with 95% intervals";
        GET    "/api/crm/surveys/{survey_id}/invitations"   Viewer      surveys::invited::list,        "Who was invited, or why not";
        GET    "/api/crm/survey-submissions/{submission_id}" Known      surveys::submission::show,     "Answers that were given together";
        GET    "/api/crm/survey-invitations/{token}"        Guest       surveys::invited::look,        "The survey of an invitation's link";
        POST   "/api/crm/survey-invitations/{token}/respond" Guest      surveys::invited::answer,      "Answer an invitation, once";
        GET    "/unsubscribe/{token}"                       Guest       mail::unsubscribe::page,       "A page with a button that stops surveys";
        POST   "/unsubscribe/{token}"                       Guest       mail::unsubscribe::stop,       "Stop surveys for the contact of the link (RFC 8058)";
        GET    "/api/crm/outbound-messages"                 Admin       mail::api::list,               "Mail that was sent, waits, died or was held";
        GET    "/api/crm/outbound-messages/{outbound_message_id}" Admin mail::api::show,               "A message with its text";
        POST   "/api/crm/outbound-messages/{outbound_message_id}/retry" Admin mail::api::retry,        "Send a held, dead or unknown message";
        GET    "/api/crm/tokens"                            Admin       people::tokens::list,          "List tokens (never their secrets)";
        POST   "/api/crm/tokens"                            Admin       people::tokens::create,        "Make a token for a user or a contact; shown once";
        GET    "/api/crm/tokens/{token_id}"                 Admin       people::tokens::show,          "A token (never its secret)";
        DELETE "/api/crm/tokens/{token_id}"                 Admin       people::tokens::revoke,        "Revoke a token";
        GET    "/api/crm/desk-settings"                     Admin       branding::api::show,           "What the desk is called and how it looks";
        PUT    "/api/crm/desk-settings"                     Admin       branding::api::update,         "Change the desk's name, colour or logo";
        GET    "/api/crm/audit-events"                      Admin       people::audit::list,           "Changes of people, tokens and configuration, newest first";
        POST   "/api/auth/sign-in"                          Anyone      people::sign_in::sign_in,      "Exchange e-mail and password for a short-lived token";
        POST   "/api/auth/sign-out"                         Known       people::sign_in::sign_out,     "End the token that is used";
        GET    "/api/auth/me"                               Known       people::sign_in::me,           "Who is calling";
        GET    "/api/auth/sessions"                         Known       people::sessions::list_own,    "One's own sessions, the latest first";
        DELETE "/api/auth/sessions"                         Known       people::sessions::end_all_others, "End one's other sessions";
        DELETE "/api/auth/sessions/{token_id}"              Known       people::sessions::end_own,     "End one of one's own sessions";
        GET    "/healthz"                                   Anyone      observe::healthz,              "The process is up";
        GET    "/readyz"                                    Anyone      observe::readyz,               "The database answers";
        GET    "/metrics"                                   Admin       observe::metrics,              "Figures for Prometheus";
        GET    "/api/openapi.json"                          Anyone      docs::openapi,                 "This description of the API";
        GET    "/api/docs"                                  Anyone      docs::page,                    "This description, to be read";
        GET    "/api/docs.css"                              Anyone      docs::style,                   "Its style sheet";
    ]
}

macro_rules! pages {
    ($($method:ident $path:literal $handler:path;)*) => {
        vec![$(Page { method: stringify!($method), path: $path, router: on(MethodFilter::$method, $handler) }),*]
    };
}

/// A line of the table of pages.
pub struct Page {
    pub method: &'static str,
    pub path: &'static str,
    router: MethodRouter<App>,
}

/// The pages, each beside its address; who may see one is its handler's first argument.
#[rustfmt::skip]
pub fn pages() -> Vec<Page> {
    pages![
        GET    "/"                              cases::pages::list::home;
        GET    "/cases"                         cases::pages::list::list;
        GET    "/cases/rows"                    cases::pages::list::rows;
        GET    "/cases/changes"                 cases::pages::list::changes;
        GET    "/cases/new"                     cases::pages::new::new;
        POST   "/cases"                         cases::pages::new::create;
        POST   "/cases/bulk"                    cases::pages::bulk::apply;
        GET    "/cases/quick"                   cases::pages::quick::form;
        POST   "/cases/quick"                   cases::pages::quick::save;
        GET    "/views/counts"                  cases::pages::list::counts;
        GET    "/views/{view}"                  cases::pages::list::view;
        GET    "/saved-views/counts"            cases::pages::saved::counts;
        GET    "/saved-views/new"               cases::pages::saved::new;
        POST   "/saved-views"                   cases::pages::saved::create;
        GET    "/saved-views/{view_id}"         cases::pages::list::saved;
        POST   "/saved-views/{view_id}"         cases::pages::saved::update;
        GET    "/saved-views/{view_id}/edit"    cases::pages::saved::edit;
        POST   "/saved-views/{view_id}/delete"  cases::pages::saved::delete;
        GET    "/search"                        web::palette::search;
        GET    "/palette"                       web::palette::palette;
        GET    "/notifications"                 notifications::pages::list;
        POST   "/notifications/read"            notifications::pages::mark_read;
        GET    "/customers"                     people::customer_pages::find;
        GET    "/customers/suggest"             people::customer_pages::suggest;
        GET    "/customers/contacts/{contact_id}" people::customer_pages::contact;
        GET    "/customers/accounts/{account_id}" people::customer_pages::account;

        GET    "/cases/{case_id}"               cases::case_page::show;
        GET    "/cases/{case_id}/now"           cases::case_page::now;
        GET    "/cases/{case_id}/why"           cases::case_page::why;
        GET    "/cases/{case_id}/timeline"      cases::case_page::timeline;
        POST   "/cases/{case_id}/comments"      cases::case_page::compose;
        GET    "/cases/{case_id}/comments/{comment_id}" cases::case_page::comment;
        POST   "/cases/{case_id}/comments/{comment_id}" cases::case_page::edit_comment;
        POST   "/cases/{case_id}/comments/{comment_id}/delete" cases::case_page::delete_comment;
        POST   "/cases/{case_id}/properties"    cases::case_page::update;
        POST   "/cases/{case_id}/wording"       cases::case_page::wording;
        POST   "/cases/{case_id}/merge"         cases::case_page::merge;
        POST   "/cases/{case_id}/children"      cases::case_page::add_child;
        POST   "/cases/{case_id}/parent"        cases::case_page::set_parent;
        POST   "/cases/{case_id}/escalations"   cases::case_page::escalate;
        POST   "/cases/{case_id}/escalations/{escalation_id}/acknowledgement" cases::case_page::acknowledge_escalation;
        POST   "/cases/{case_id}/escalations/{escalation_id}/resolution" cases::case_page::resolve_escalation;
        POST   "/cases/{case_id}/violations/{violation_id}/acknowledgement" cases::case_page::acknowledge_violation;
        POST   "/cases/{case_id}/follow"        cases::case_page::follow;
        POST   "/cases/{case_id}/unfollow"      cases::case_page::unfollow;
        POST   "/preview"                       cases::case_page::preview;
        GET    "/canned-replies"                cases::canned_pages::list;
        POST   "/canned-replies"                cases::canned_pages::create;
        GET    "/canned-replies/{canned_reply_id}" cases::canned_pages::show;
        POST   "/canned-replies/{canned_reply_id}" cases::canned_pages::update;
        POST   "/canned-replies/{canned_reply_id}/delete" cases::canned_pages::delete;
        GET    "/dashboard"                     dashboard::pages::dashboard;
        GET    "/dashboard/figures"             dashboard::pages::figures;
        GET    "/dashboard/surveys/{survey_id}" dashboard::pages::survey;
        GET    "/knowledge"                     knowledge::pages::list;
        POST   "/knowledge"                     knowledge::pages::editor::create;
        GET    "/knowledge/new"                 knowledge::pages::editor::new;
        POST   "/knowledge/preview"             knowledge::pages::editor::preview;
        GET    "/knowledge/pick"                knowledge::pages::editor::pick;
        GET    "/knowledge/insights"            knowledge::pages::insights::show;
        POST   "/knowledge/insights/settled"    knowledge::pages::insights::settle;
        GET    "/knowledge/categories"          knowledge::pages::tree::show;
        POST   "/knowledge/categories"          knowledge::pages::tree::add;
        POST   "/knowledge/categories/{category_id}" knowledge::pages::tree::change;
        POST   "/knowledge/categories/{category_id}/deletion" knowledge::pages::tree::remove;
        GET    "/knowledge/{article_id}"        knowledge::pages::article::show;
        GET    "/knowledge/{article_id}/edit"   knowledge::pages::editor::edit;
        POST   "/knowledge/{article_id}/edit"   knowledge::pages::editor::save;
        POST   "/knowledge/{article_id}/status" knowledge::pages::article::set_status;
        POST   "/knowledge/{article_id}/deletion" knowledge::pages::article::delete;
        GET    "/knowledge/{article_id}/versions" knowledge::pages::history::list;
        GET    "/knowledge/{article_id}/versions/{version}" knowledge::pages::history::show;
        POST   "/knowledge/{article_id}/versions/{version}/restoration" knowledge::pages::history::restore;
        GET    "/help"                          knowledge::help::front;
        GET    "/help/search"                   knowledge::help::search::show;
        GET    "/help/categories/{category_id}" knowledge::help::search::category;
        GET    "/help/articles/{slug}"          knowledge::help::article::show;
        POST   "/help/articles/{slug}/feedback" knowledge::help::article::vote;
        GET    "/help/files/{article_id}/{attachment_id}" knowledge::help::article::file;
        GET    "/sitemap.xml"                   knowledge::help::sitemap::show;
        GET    "/robots.txt"                    knowledge::help::sitemap::robots;
        GET    "/administration"                administration::overview::overview;
        GET    "/administration/users"          administration::users::list;
        GET    "/administration/users/new"      administration::users::new;
        GET    "/administration/users/{user_id}" administration::users::edit;
        GET    "/administration/teams"          administration::teams::list;
        GET    "/administration/teams/new"      administration::teams::new;
        GET    "/administration/teams/{team_id}" administration::teams::edit;
        GET    "/administration/tokens"         administration::tokens::list;
        GET    "/administration/tokens/new"     administration::tokens::new;
        GET    "/administration/types"          administration::case_types::list;
        GET    "/administration/types/new"      administration::case_types::new;
        GET    "/administration/types/{case_type_id}" administration::case_types::edit;
        GET    "/administration/priorities"     administration::priorities::list;
        GET    "/administration/priorities/new" administration::priorities::new;
        GET    "/administration/priorities/{priority_id}" administration::priorities::edit;
        GET    "/administration/policies"       administration::policies::list;
        GET    "/administration/policies/new"   administration::policies::new;
        POST   "/administration/policies/preview" administration::policies::preview_new;
        GET    "/administration/policies/{sla_policy_id}" administration::policies::edit;
        POST   "/administration/policies/{sla_policy_id}/preview" administration::policies::preview;
        GET    "/administration/calendars"      administration::calendars::list;
        GET    "/administration/calendars/new"  administration::calendars::new;
        GET    "/administration/calendars/{calendar_id}" administration::calendars::edit;
        POST   "/administration/calendars/{calendar_id}/preview" administration::calendars::preview;
        GET    "/administration/routing"        administration::routing::list;
        GET    "/administration/routing/new"    administration::routing::new;
        GET    "/administration/routing/{rule_id}" administration::routing::edit;
        GET    "/administration/escalations"    administration::escalations::list;
        GET    "/administration/escalations/new" administration::escalations::new;
        GET    "/administration/escalations/{rule_id}" administration::escalations::edit;
        GET    "/administration/surveys"        administration::surveys::list;
        GET    "/administration/surveys/new"    administration::surveys::new;
        GET    "/administration/surveys/{survey_id}" administration::surveys::edit;
        GET    "/administration/surveys/{survey_id}/preview" surveys::pages::preview;
        GET    "/administration/surveys/{survey_id}/invitations" administration::surveys::invitations;
        GET    "/administration/branding"       administration::branding::form;
        GET    "/administration/mail"           administration::mail::list;
        GET    "/administration/mail/{outbound_message_id}" administration::mail::message;
        GET    "/administration/jobs"           administration::jobs::list;
        GET    "/administration/audit"          administration::audit::list;
        GET    "/welcome"                       administration::welcome::look;
        POST   "/welcome"                       administration::welcome::enter;
        GET    "/sign-in"                       people::pages::sign_in_form;
        POST   "/sign-in"                       people::pages::sign_in;
        POST   "/sign-out"                      people::pages::sign_out;
        POST   "/demo/sign-in"                  people::pages::sign_in_to_demo;
        GET    "/password-reset"                people::reset_pages::form;
        POST   "/password-reset"                people::reset_pages::ask;
        GET    "/password-reset/{token}"        people::reset_pages::look;
        POST   "/password-reset/{token}"        people::reset_pages::set;
        GET    "/profile"                       people::profile_pages::show_profile;
        POST   "/profile/name"                  people::profile_pages::rename;
        POST   "/profile/password"              people::profile_pages::change_password;
        POST   "/profile/looks"                 people::profile_pages::look;
        POST   "/profile/sessions"              people::profile_pages::end_sessions;
        GET    "/portal"                        customers::cases::list;
        GET    "/portal/sign-in"                customers::sign_in::form;
        POST   "/portal/sign-in"                customers::sign_in::ask;
        GET    "/portal/sign-in/{token}"        customers::sign_in::look;
        POST   "/portal/sign-in/{token}"        customers::sign_in::enter;
        GET    "/portal/new"                    customers::writing::new;
        POST   "/portal/new"                    customers::writing::create;
        GET    "/portal/cases/{case_id}"        customers::cases::show;
        POST   "/portal/cases/{case_id}/replies" customers::writing::reply;
        POST   "/portal/cases/{case_id}/status" customers::cases::set_status;
        GET    "/portal/cases/{case_id}/rating" surveys::pages::rating_form;
        POST   "/portal/cases/{case_id}/rating" surveys::pages::rate;
        GET    "/portal/cases/{case_id}/files/{attachment_id}" customers::cases::file;
        GET    "/portal/preferences"            customers::preferences::form;
        POST   "/portal/preferences"            customers::preferences::save;
        POST   "/portal/sign-out-everywhere"    customers::preferences::sign_out_everywhere;
        GET    "/contact"                       customers::contact_form::form;
        POST   "/contact"                       customers::contact_form::send;
        GET    "/contact/received"              customers::contact_form::received;
        GET    "/contact/suggestions"           customers::contact_form::suggestions;
        GET    "/survey/{token}"                surveys::pages::form;
        POST   "/survey/{token}"                surveys::pages::answer;
        GET    "/survey/{token}/thanks"         surveys::pages::thanks;
        POST   "/preferences"                   web::prefer;
        GET    "/design"                        web::design::show;
        GET    "/assets/{mark}/{name}"          web::asset;
        GET    "/brand/{name}"                  branding::serve;
    ]
}

/// Every route with what surrounds it: request ids, metrics, logs, and problems for unknown paths and methods.
pub fn router(app: App) -> Router {
    let routes = routes();
    let mut router = Router::new();
    let mut methods: std::collections::BTreeMap<&str, Vec<&str>> = Default::default();
    for route in &routes {
        methods.entry(route.path).or_default().push(match route.method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            _ => "DELETE",
        });
    }
    for route in routes {
        router = router.route(route.path, route.router);
    }
    for (path, methods) in methods {
        let allowed = methods.join(", ");
        let refuse = move || std::future::ready(Error::MethodNotAllowed(allowed.clone()));
        router = router.route(path, any(refuse));
    }
    let mut seen = Router::new();
    for page in pages() {
        seen = seen.route(page.path, page.router);
    }
    router
        .merge(seen.layer(axum::middleware::from_fn(web::compressed)))
        .fallback(web::nowhere)
        .layer(axum::middleware::from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}
