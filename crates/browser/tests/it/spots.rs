//! Every page of the desk, as somebody would come to it in the demo. A page that is added to `http.rs` is added here: a
//! test says so.

use std::sync::Arc;

use browser::{Look, Result, Tab};
use serde_json::{Value, json};
use steward::mail::links::{self, Good};
use steward::people::tokens;

use crate::stage::Stage;

/// Who looks at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Stranger,
    Customer,
    Agent,
    Manager,
    Admin,
}
use Who::{Admin, Agent, Customer, Manager, Stranger};

/// A page in a state.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// As in `http.rs`.
    pub route: &'static str,
    pub path: &'static str,
    pub who: Who,
}

const fn spot(route: &'static str, path: &'static str, who: Who) -> Spot {
    Spot { route, path, who }
}

#[rustfmt::skip]
pub const SPOTS: &[Spot] = &[
    spot("/sign-in",            "/sign-in",                         Stranger),
    spot("/password-reset",     "/password-reset",                  Stranger),
    spot("/password-reset",     "/password-reset?sent=true",        Stranger),
    spot("/password-reset/{token}", "/password-reset/{reset}",      Stranger),
    spot("/portal/sign-in",     "/portal/sign-in",                  Stranger),
    spot("/portal/sign-in",     "/portal/sign-in?sent=true",        Stranger),
    spot("/portal/sign-in/{token}", "/portal/sign-in/{sign_in}",    Stranger),
    spot("/contact",            "/contact",                         Stranger),
    spot("/contact/received",   "/contact/received?number=CASE-000123", Stranger),
    spot("/survey/{token}",     "/survey/{survey}?answer=4",        Stranger),
    spot("/survey/{token}",     "/survey/{answered}",               Stranger),
    spot("/survey/{token}/thanks", "/survey/{answered}/thanks",     Stranger),
    spot("/unsubscribe/{token}", "/unsubscribe/{unsubscribe}",      Stranger),
    spot("/api/docs",           "/api/docs",                        Stranger),
    spot("/portal",             "/portal",                          Customer),
    spot("/portal",             "/portal?show=all&search=zyxwvut",  Customer),
    spot("/portal/new",         "/portal/new",                      Customer),
    spot("/portal/cases/{case_id}", "/portal/cases/{own}",          Customer),
    spot("/portal/cases/{case_id}", "/portal/cases/{ended}",        Customer),
    spot("/portal/cases/{case_id}/rating", "/portal/cases/{unrated}/rating", Customer),
    spot("/portal/preferences", "/portal/preferences",              Customer),
    spot("/views/{view}",       "/views/mine",                      Agent),
    spot("/views/{view}",       "/views/overdue",                   Manager),
    spot("/cases",              "/cases",                           Agent),
    spot("/cases",              "/cases?search=login",              Agent),
    spot("/cases",              "/cases?search=zyxwvut",            Agent),
    spot("/cases/new",          "/cases/new",                       Agent),
    spot("/saved-views/new",    "/saved-views/new?status=open",     Agent),
    spot("/saved-views/{view_id}", "/saved-views/{view}",           Manager),
    spot("/saved-views/{view_id}/edit", "/saved-views/{view}/edit", Manager),
    spot("/search",             "/search?q=login",                  Agent),
    spot("/notifications",      "/notifications",                   Agent),
    spot("/customers",          "/customers?search=a",              Agent),
    spot("/customers/contacts/{contact_id}", "/customers/contacts/5", Agent),
    spot("/customers/accounts/{account_id}", "/customers/accounts/5", Agent),
    spot("/cases/{case_id}",    "/cases/1",                         Agent),
    spot("/cases/{case_id}",    "/cases/123",                       Admin),
    spot("/help",               "/help",                            Stranger),
    spot("/help/search",        "/help/search?search=export",            Stranger),
    spot("/help/search",        "/help/search?search=zyxwvut",           Stranger),
    spot("/help/categories/{category_id}", "/help/categories/1",    Stranger),
    spot("/help/articles/{slug}", "/help/articles/{article}",       Stranger),
    spot("/knowledge",          "/knowledge",                       Agent),
    spot("/knowledge",          "/knowledge?search=export",         Manager),
    spot("/knowledge/new",      "/knowledge/new",                   Agent),
    spot("/knowledge/insights", "/knowledge/insights",              Manager),
    spot("/knowledge/categories", "/knowledge/categories",          Manager),
    spot("/knowledge/{article_id}", "/knowledge/1",                 Manager),
    spot("/knowledge/{article_id}/edit", "/knowledge/1/edit",       Manager),
    spot("/knowledge/{article_id}/versions", "/knowledge/{edited}/versions", Manager),
    spot("/knowledge/{article_id}/versions/{version}", "/knowledge/{edited}/versions/2", Manager),
    spot("/dashboard",          "/dashboard",                       Manager),
    spot("/dashboard",          "/dashboard?days=7&owner_id=3",     Agent),
    spot("/dashboard",          "/dashboard?team_id=2&days=90",     Admin),
    spot("/dashboard/surveys/{survey_id}", "/dashboard/surveys/1",  Manager),
    spot("/cases/{case_id}/why", "/cases/1/why",                    Agent),
    spot("/cases/{case_id}/timeline", "/cases/123/timeline",        Agent),
    spot("/cases/{case_id}/comments/{comment_id}", "/cases/1/comments/1", Manager),
    spot("/canned-replies",     "/canned-replies",                  Agent),
    spot("/canned-replies",     "/canned-replies?case_id=1&search=zyxwvut", Manager),
    spot("/canned-replies/{canned_reply_id}", "/canned-replies/1",  Manager),
    spot("/profile",            "/profile",                         Agent),
    spot("/design",             "/design",                          Agent),
    spot("/administration",          "/administration",                 Manager),
    spot("/administration",          "/administration",                 Admin),
    spot("/administration/users",    "/administration/users",           Admin),
    spot("/administration/users/new","/administration/users/new",       Admin),
    spot("/administration/users/{user_id}","/administration/users/3",         Admin),
    spot("/administration/teams",    "/administration/teams",           Manager),
    spot("/administration/teams/new","/administration/teams/new",       Manager),
    spot("/administration/teams/{team_id}","/administration/teams/1",         Manager),
    spot("/administration/types",    "/administration/types",           Manager),
    spot("/administration/types/new","/administration/types/new",       Manager),
    spot("/administration/types/{case_type_id}","/administration/types/1",         Manager),
    spot("/administration/priorities","/administration/priorities",      Manager),
    spot("/administration/priorities/new","/administration/priorities/new",  Manager),
    spot("/administration/priorities/{priority_id}","/administration/priorities/1",    Manager),
    spot("/administration/policies", "/administration/policies",        Manager),
    spot("/administration/policies/new","/administration/policies/new",    Manager),
    spot("/administration/policies/{sla_policy_id}","/administration/policies/1",      Manager),
    spot("/administration/calendars","/administration/calendars",       Manager),
    spot("/administration/calendars/new","/administration/calendars/new",   Manager),
    spot("/administration/calendars/{calendar_id}","/administration/calendars/1",     Manager),
    spot("/administration/routing",  "/administration/routing",         Manager),
    spot("/administration/routing/new","/administration/routing/new",     Manager),
    spot("/administration/routing/{rule_id}","/administration/routing/{routing}",Manager),
    spot("/administration/escalations","/administration/escalations",     Manager),
    spot("/administration/escalations/new","/administration/escalations/new", Manager),
    spot("/administration/escalations/{rule_id}","/administration/escalations/{escalation}",Manager),
    spot("/administration/surveys",  "/administration/surveys",         Manager),
    spot("/administration/surveys/new","/administration/surveys/new",     Manager),
    spot("/administration/surveys/{survey_id}","/administration/surveys/1",       Manager),
    spot("/administration/surveys/{survey_id}/preview","/administration/surveys/1/preview",Manager),
    spot("/administration/surveys/{survey_id}/invitations","/administration/surveys/1/invitations",Manager),
    spot("/administration/tokens",   "/administration/tokens",          Admin),
    spot("/administration/tokens/new","/administration/tokens/new",      Admin),
    spot("/administration/branding", "/administration/branding",        Admin),
    spot("/administration/mail",     "/administration/mail",            Admin),
    spot("/administration/mail/{outbound_message_id}","/administration/mail/{message}",  Admin),
    spot("/administration/jobs",     "/administration/jobs",            Admin),
    spot("/administration/audit",    "/administration/audit",           Admin),
    spot("/welcome",                 "/welcome",                        Admin),
];

/// Pages that stand among the routes of the API.
pub const BESIDE: &[&str] = &["/unsubscribe/{token}", "/api/docs"];

/// Addresses that answer no page of their own: they lead elsewhere, or answer a file or a piece of a page.
pub const NO_PAGES: &[&str] = &[
    "/",
    "/assets/{mark}/{name}",
    "/brand/{name}",
    "/cases/changes",
    "/cases/{case_id}/now",
    "/cases/quick",
    "/cases/rows",
    "/contact/suggestions",
    "/customers/suggest",
    "/dashboard/figures",
    "/help/files/{article_id}/{attachment_id}",
    "/knowledge/pick",
    "/palette",
    "/portal/cases/{case_id}/files/{attachment_id}",
    "/robots.txt",
    "/saved-views/counts",
    "/sitemap.xml",
    "/views/counts",
];

/// The customer of the demo who has the most to do with the desk.
const CUSTOMER: &str = "(select contact_id from crm_cases where is_open and contact_id is not null
     group by contact_id order by count(*) desc, contact_id limit 1)";

impl Stage {
    /// The browser of somebody of the demo.
    pub fn somebody(&self, who: Who, look: Look) -> Result<Arc<Tab>> {
        let role = match who {
            Stranger => return self.tab(look),
            Customer => {
                let email = format!("select email from crm_contacts where contact_id = {CUSTOMER}");
                return self.tab_as(&self.desk.texts(&email, Vec::new())[0], look);
            }
            Agent => "agent",
            Manager => "manager",
            Admin => "admin",
        };
        self.tab_as(&self.email_of(role), look)
    }

    /// The address of the first user with a role.
    pub fn email_of(&self, role: &str) -> String {
        let sql = "select email from crm_users where role = $1 and is_active order by user_id limit 1";
        self.desk.texts(sql, vec![role.into()]).remove(0)
    }

    /// A spot's path, with what it names in braces looked up, or made: secrets of links, somebody's own cases.
    pub fn filled(&self, path: &str) -> String {
        let Some((before, rest)) = path.split_once('{') else { return path.to_owned() };
        let (name, after) = rest.split_once('}').unwrap();
        let case_where = |rule: &str| {
            let sql = format!(
                "select case_id from crm_cases c where contact_id = {CUSTOMER} and {rule} order by case_id desc limit 1"
            );
            self.desk.number(&sql).to_string()
        };
        let value = match name {
            "own" => case_where("is_open"),
            "ended" => case_where("status = 'closed'"),
            "unrated" => case_where(
                "status in ('resolved', 'closed') and csat_score is null and merged_into_id is null",
            ),
            "survey" => self.survey_link("not"),
            "unsubscribe" => {
                let contact = self.desk.number(&format!("select {CUSTOMER}"));
                self.desk.write(move |work| links::make(work, Good::Unsubscribe, contact, None))
            }
            "answered" => self.survey_link(""),
            "routing" => {
                let conditions = json!({ "priority_ids": [3, 4] });
                self.rule(
                    "assignment",
                    json!({ "rule_name": "Invoices to Anna", "team_id": 1, "conditions": conditions }),
                )
            }
            "escalation" => self.rule(
                "escalation",
                json!({ "rule_name": "Late answers", "cause": "violation", "to_level": 1 }),
            ),
            "message" => {
                self.desk.execute(&format!(
                    "insert into crm_outbound_messages (purpose, contact_id, to_name, to_address, subject, message_id, text_body,
                         html_body, state, last_answer, created_at)
                     select 'survey_invitation', contact_id, name, email, 'How did we do?', 'm' || contact_id || '@x', 'Tell us.',
                         '<p>Tell us.</p>', 'held', 'nobody answers', created_at
                     from crm_contacts where contact_id = {CUSTOMER} on conflict do nothing"
                ));
                self.desk.number("select max(outbound_message_id) from crm_outbound_messages").to_string()
            }
            "sign_in" => self.link("portal", "contact_id", "crm_contacts"),
            "reset" => self.link("password_reset", "user_id", "crm_users"),
            "article" => {
                let front = self.desk.stranger().get("/help").status(200).text();
                let (_, link) =
                    front.split_once("\"/help/articles/").expect("the help centre names an article");
                link.split('"').next().unwrap_or_default().to_owned()
            }
            "edited" => {
                let author = self.desk.bearer(&self.desk.token(&self.email_of("manager")));
                author
                    .put(
                        "/api/crm/knowledge/2",
                        json!({ "content": "Another text.\n\nWith **two** paragraphs." }),
                    )
                    .ok();
                "2".to_owned()
            }
            "view" => {
                let draft = json!({ "view_name": "Urgent and late", "query": "status=open&overdue=true" });
                let made = self
                    .desk
                    .bearer(&self.desk.token(&self.email_of("manager")))
                    .post("/api/crm/saved-views", draft);
                made.created()["saved_view"]["view_id"].to_string()
            }
            name => panic!("{path} names {name}, which nobody knows"),
        };
        format!("{before}{value}{after}")
    }

    /// A rule that a manager makes.
    fn rule(&self, kind: &str, draft: Value) -> String {
        let lead = self.desk.bearer(&self.desk.token(&self.email_of("manager")));
        let made = lead.post(&format!("/api/crm/{kind}-rules"), draft).created();
        made[&format!("{kind}_rule")]["rule_id"].to_string()
    }

    /// The secret of an invitation's link, of one that was answered or not.
    fn survey_link(&self, not: &str) -> String {
        let invitation = format!(
            "from crm_survey_invitations i where state = 'invited' and {not} exists (select 1 from crm_survey_submissions s
                 where s.invitation_id = i.invitation_id) order by invitation_id desc limit 1"
        );
        let id = self.desk.number(&format!("select invitation_id {invitation}"));
        let contact = self.desk.number(&format!("select contact_id {invitation}"));
        self.desk.write(move |work| links::make(work, Good::Survey, contact, Some(id)))
    }

    /// The secret of a link that lets the first of some people in.
    fn link(&self, purpose: &str, column: &str, people: &str) -> String {
        let secret = tokens::generate().unwrap();
        let hash: String = tokens::hash(&secret).iter().map(|byte| format!("{byte:02x}")).collect();
        let now = self.desk.clock.now();
        self.desk.execute(&format!(
            "insert into crm_sign_in_links (token_hash, purpose, {column}, created_at, expires_at)
             select x'{hash}', '{purpose}', min({column}), '{now}', '{}' from {people}",
            now.plus_hours(1)
        ));
        secret
    }
}
