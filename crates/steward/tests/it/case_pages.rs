//! The page of a case without scripts: what is said and to whom, files that come with it, properties, the family,
//! escalations, clocks; canned replies; and who else is there, over the API.

use serde_json::json;
use ureq::http::Method;

use crate::client::{Client, Reply};
use crate::desk::Desk;
use crate::inert::{acting, payloads};
use crate::plain_browser::{PASSWORD, PlainBrowser, agent};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

/// A user of this role in their browser.
fn browser(desk: &Desk, name: &str, role: &str) -> PlainBrowser {
    let email = format!("{name}@example.com");
    let draft = json!({ "name": name, "email": email, "role": role, "password": PASSWORD });
    desk.admin().post("/api/crm/users", draft).created();
    PlainBrowser::sign_in(desk, &email)
}

/// Sends the composer with its files, as a browser does: the token first.
fn composes(by: &PlainBrowser, case_id: i64, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Reply {
    let token = by.token();
    let mut all = vec![("csrf", token.as_str())];
    all.extend(fields);
    let path = format!("/cases/{case_id}/comments");
    let ask = by.stranger.ask(Method::POST, &path).header("cookie", &by.cookie);
    ask.header("sec-fetch-site", "same-origin").form(&all, files).send()
}

fn comment_ids(by: &Client, case_id: i64) -> Vec<i64> {
    let list = by.get(&format!("/api/crm/cases/{case_id}/comments?limit=200")).ok();
    list["comments"].as_array().unwrap().iter().map(|one| one["comment_id"].as_i64().unwrap()).collect()
}

/// The piece of a page from one mark to another.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, after) = page.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {page}"));
    after.split(to).next().unwrap()
}

both_engines! {
    fn what_is_refused_is_told_in_the_readers_language(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "Old" }));
        let browser = PlainBrowser::of(desk, &ana, &format!("/cases/{id}"));
        let sends = |path: &str, fields: &[(&str, &str)], accepts: &str| {
            let mut all = vec![("csrf", browser.token())];
            all.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
            let body: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let ask = browser.stranger.ask(Method::POST, path).header("cookie", &browser.cookie);
            let ask = ask.header("content-type", "application/x-www-form-urlencoded").header("accept", accepts);
            ask.header("sec-fetch-site", "same-origin").header("accept-language", "de").bytes(body.join("&")).send()
        };
        // A page of its own names the field; a script is told the same as a problem.
        let merge = format!("/cases/{id}/merge");
        let page = sends(&merge, &[("number", "999999")], "text/html").status(422).text();
        assert!(page.contains("<b>Nummer:</b> es gibt keine Anfrage 999999"), "{page}");
        let told = sends(&merge, &[("number", "999999")], "application/json");
        assert_eq!(told.status(422).names(&["/number"]).json()["errors"][0]["message"], "es gibt keine Anfrage 999999");
        assert_eq!(told.header("content-language"), Some("de"));
        // The composer keeps what was typed, and says why.
        let comments = format!("/cases/{id}/comments");
        let again = sends(&comments, &[("comment_text", "Hello"), ("status", "lost")], "text/html").status(422).text();
        assert!(again.contains("Status: muss eines sein von: new open") && again.contains("Hello"), "{again}");
        // Beside a field stands what is wrong with it.
        let new = sends("/cases", &[("subject", "")], "text/html").status(422).text();
        assert!(new.contains("id=\"fault-subject\">darf nicht leer sein<"), "{new}");
    }

    fn policies_that_do_not_match_are_told_by_names(desk) {
        let (mia, ana) = (desk.manager("mia"), desk.agent("ana"));
        let first = mia.get("/api/crm/sla-policies").ok()["sla_policies"][0]["sla_policy_id"].clone();
        mia.put(&format!("/api/crm/sla-policies/{first}"), json!({ "conditions": { "channels": ["phone"] } })).ok();
        let case = ana.opens(json!({ "subject": "Old" }));
        let browser = PlainBrowser::of(desk, &ana, "/cases");
        let ask = browser.stranger.ask(Method::GET, &format!("/cases/{case}/why")).header("cookie", &browser.cookie);
        let why = ask.header("accept-language", "de").send().status(200).text();
        assert!(why.contains("Gilt nicht für den Kanal ") && !why.contains("it is for other"), "{why}");
        assert!(browser.page(&format!("/cases/{case}/why")).contains("Not for the channel "));
    }

    fn whose_words_they_are_is_said_and_markdown_is_rendered(desk) {
        let (ana, mia, carl) = (agent(desk), desk.manager("mia"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "Printer", "description": "It **burns**\nand smokes" }));
        mia.comments(id, json!({ "comment_text": "Use *water* on <name>" }));
        mia.comments(id, json!({ "comment_text": "# They are angry", "is_internal": true }));
        carl.comments(id, json!({ "comment_text": "Thanks <script>alert(1)</script> ![x](https://evil.example/x.png)" }));
        let page = ana.page(&format!("/cases/{id}"));
        assert!(page.contains("It <strong>burns</strong><br>"), "{page}");
        let ids = comment_ids(&mia, id);
        let comment = |at: usize| between(&page, &format!("id=\"comment-{}\"", ids[at]), "</article>");
        assert!(comment(0).contains("class=\"comment desk-side\"") && comment(0).contains("<em>water</em> on &lt;name&gt;"));
        assert!(comment(1).contains("class=\"comment internal\"") && comment(1).contains("the customer does not see it"));
        assert!(comment(1).contains("Internal note by mia") && comment(1).contains("<strong>They are angry</strong>"));
        assert!(comment(2).contains("class=\"comment customer\"") && comment(2).contains("&lt;script&gt;"));
        assert!(!page.contains("<img src=\"https://evil") && page.matches("<h1").count() == 1);
        assert!(page.contains("carl, the customer"));
    }

    fn a_reply_with_files_and_a_status_is_one_thing(desk) {
        let (ana, mia, carl) = (agent(desk), desk.manager("mia"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "Printer" }));
        let fields = [("comment_text", "See this\r\nplease"), ("kind", "reply"), ("status", "waiting_customer")];
        let sent = composes(&ana, id, &fields, &[("shot.png", PNG), ("log.txt", b"lines")]);
        let place = sent.status(303).header("location").unwrap().to_owned();
        let case = mia.case(id);
        assert_eq!((case["status"].as_str(), case["comment_count"].as_i64()), (Some("waiting_customer"), Some(1)));
        let page = ana.page(place.split('#').next().unwrap());
        assert!(page.contains("See this<br>\nplease"), "{page}");
        assert!(page.contains("alt=\"shot.png\"") && page.contains(">log.txt</a>") && !page.contains("alt=\"log.txt\""));
        // A file that nobody chose is none; a note's files are as internal as the note.
        composes(&ana, id, &[("comment_text", "Among us"), ("kind", "note")], &[("", b""), ("secret.txt", b"x")]).status(303);
        let files = carl.get(&format!("/api/crm/cases/{id}/attachments")).ok();
        assert_eq!(files["attachments"].as_array().unwrap().len(), 2);
        // A solution resolves.
        composes(&ana, id, &[("comment_text", "Done"), ("is_solution", "true")], &[]).status(303);
        assert_eq!(mia.case(id)["status"], "resolved");
    }

    fn what_is_refused_leaves_nothing_and_keeps_the_text(desk) {
        let (ana, mia) = (agent(desk), desk.manager("mia"));
        let id = mia.opens(json!({ "subject": "Parent" }));
        mia.opens(json!({ "subject": "Child", "parent_case_id": id }));
        let before = (desk.rows(), desk.number("select count(*) from crm_case_attachments"));
        let fields = [("comment_text", "All <b>done</b>"), ("kind", "reply"), ("status", "resolved")];
        let refused = composes(&ana, id, &fields, &[("a.txt", b"a")]);
        let page = refused.status(409).text();
        assert!(page.contains("child case") && page.contains("All &#60;b&#62;done&#60;/b&#62;</textarea>"), "{page}");
        assert!(page.contains("Choose the files again"));
        assert_eq!((desk.rows(), desk.number("select count(*) from crm_case_attachments")), before);
        for (fields, says) in [
            (vec![("comment_text", "  ")], "is required"),
            (vec![("comment_text", "x"), ("status", "new")], "cannot become new"),
            (vec![("comment_text", "x"), ("status", "nonsense")], "is to be one of"),
            (vec![("comment_text", "x"), ("kind", "note"), ("is_solution", "true")], "cannot be internal"),
            (vec![("comment_text", "x"), ("is_solution", "true"), ("status", "open")], "a solution resolves the case"),
            (vec![("comment_text", "x"), ("unheard", "y")], "unheard"),
        ] {
            let refused = composes(&ana, id, &fields, &[]);
            assert!(matches!(refused.code, 409 | 422) && refused.text().contains(says), "{says}: {refused:?}");
        }
        assert_eq!(desk.rows(), before.0);
        // With its children it goes.
        let fields = [("comment_text", "All done"), ("is_solution", "true"), ("cascade", "true")];
        composes(&ana, id, &fields, &[]).status(303);
        assert_eq!(desk.number("select count(*) from crm_cases where status = 'resolved'"), 2);
    }

    fn a_script_is_answered_in_json_and_forged_forms_are_refused(desk) {
        let ana = agent(desk);
        let id = desk.manager("mia").opens(json!({ "subject": "s" }));
        let path = format!("/cases/{id}/comments");
        let ask = |site: &str, token: &str, text: &str| {
            let ask = ana.stranger.ask(Method::POST, &path).header("cookie", &ana.cookie);
            let ask = ask.header("sec-fetch-site", site).header("accept", "application/json");
            ask.form(&[("csrf", token), ("comment_text", text)], &[]).send()
        };
        ask("same-origin", &ana.token(), "hello").status(204);
        ask("same-origin", &ana.token(), "").status(422).names(&["/comment_text"]);
        let before = desk.rows();
        ask("cross-site", &ana.token(), "forged").status(403);
        ask("same-origin", "AAAA", "forged").status(403);
        // The token comes before any file.
        let late = ana.stranger.ask(Method::POST, &path).header("cookie", &ana.cookie).header("sec-fetch-site", "same-origin");
        late.form(&[("comment_text", "forged")], &[("a.txt", b"a")]).send().status(403);
        assert_eq!(desk.rows(), before);
    }

    fn an_own_comment_is_edited_for_a_quarter_of_an_hour(desk) {
        let (ana, bea, mia) = (agent(desk), browser(desk, "bea", "agent"), browser(desk, "mia", "manager"));
        let id = desk.manager("m").opens(json!({ "subject": "s" }));
        composes(&ana, id, &[("comment_text", "Frist")], &[]).status(303);
        let comment = format!("/cases/{id}/comments/1");
        let is_offered = |by: &PlainBrowser| by.page(&format!("/cases/{id}")).contains("data-edit=\"1\"");
        assert!(is_offered(&ana) && !is_offered(&bea) && is_offered(&mia));
        assert!(ana.page(&comment).contains("Frist</textarea>"));
        ana.sends(&comment, "comment_text=First&edit_version=1").status(303);
        let stale = ana.sends(&comment, "comment_text=Mine&edit_version=1");
        assert!(stale.status(412).text().contains("Mine</textarea>"));
        assert!(bea.sends(&comment, "comment_text=Hers&edit_version=2").status(403).text().contains("only its author"));
        let page = ana.page(&comment);
        assert!(page.contains("<p>First</p>") && page.contains("Frist</div>"), "{page}");
        desk.later(16);
        assert!(!is_offered(&ana) && is_offered(&mia));
        ana.sends(&comment, "comment_text=Late&edit_version=2").status(403);
        mia.sends(&format!("{comment}/delete"), "").status(303);
        assert!(!ana.page(&format!("/cases/{id}")).contains("comment-1\""));
    }

    fn a_long_conversation_shows_its_ends(desk) {
        let (ana, mia) = (agent(desk), desk.manager("mia"));
        let id = mia.opens(json!({ "subject": "Long" }));
        desk.execute(&format!(
            "insert into crm_case_comments (case_id, comment_text, created_by, created_at)
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 500)
             select {id}, 'text number ' || i, {}, '2026-03-02T08:00:00.000Z' from n", mia.id
        ));
        let shown = |path: &str| {
            let page = ana.page(path);
            let ids = page.match_indices("<article id=\"comment-").count();
            (ids, page.contains("text number 10<"), page.contains("text number 200<"), page.contains("text number 451<"))
        };
        let path = format!("/cases/{id}");
        assert_eq!(shown(&path), (60, true, false, true));
        assert!(ana.page(&path).contains("Show 440 earlier comments"));
        assert_eq!(shown(&format!("{path}?tail=550")), (500, true, true, true));
        assert_eq!(shown(&format!("{path}?comment=200")), (101, true, true, true));
        assert_eq!(shown(&format!("{path}/now?comment=200")), (101, true, true, true));
        for odd in ["tail=0", "tail=5000", "comment=x", "no=1"] {
            ana.stranger.ask(Method::GET, &format!("{path}?{odd}")).header("cookie", &ana.cookie).send().status(400);
        }
    }

    fn a_conflicting_form_shows_both_sides(desk) {
        let (ana, mia) = (agent(desk), desk.manager("mia"));
        let id = mia.opens(json!({ "subject": "s", "priority_id": 1, "tags": ["old"] }));
        let version = mia.case(id)["edit_version"].as_i64().unwrap();
        mia.put(&format!("/api/crm/cases/{id}"), json!({ "priority_id": 4 })).ok();
        let fields = format!("edit_version={version}&priority_id=2&case_type_id=1&has_tags=true&tags=Red%2C+blue&channel=phone");
        let page = ana.sends(&format!("/cases/{id}/properties"), &fields);
        let told = page.status(409).text();
        let told = between(&told, "id=\"differences\"", "</table>");
        assert!(told.contains("Nothing was saved") && told.contains("<td>old</td><td>blue, red</td>"), "{told}");
        assert_eq!(mia.case(id)["priority_id"], 4);
        let now = mia.case(id)["edit_version"].as_i64().unwrap();
        ana.sends(&format!("/cases/{id}/properties"), &fields.replacen(&version.to_string(), &now.to_string(), 1)).status(303);
        assert_eq!(mia.case(id)["tags"], json!(["blue", "red"]));
        assert_eq!(mia.case(id)["channel"], "phone");
        // A form without those fields leaves them alone.
        let now = mia.case(id)["edit_version"].as_i64().unwrap();
        ana.sends(&format!("/cases/{id}/properties"), &format!("edit_version={now}&priority_id=2&case_type_id=1")).status(303);
        assert_eq!(mia.case(id)["tags"], json!(["blue", "red"]));
        let now = mia.case(id)["edit_version"].as_i64().unwrap();
        ana.sends(&format!("/cases/{id}/wording"), &format!("edit_version={now}&subject=New+name&description=More")).status(303);
        ana.sends(&format!("/cases/{id}/wording"), &format!("edit_version={now}&subject=Old+name")).status(412);
        let case = mia.case(id);
        assert_eq!((case["subject"].as_str(), case["description"].as_str()), (Some("New name"), Some("More")));
    }

    fn cases_are_related_escalated_and_merged(desk) {
        let (ana, mia, vic) = (agent(desk), browser(desk, "mia", "manager"), browser(desk, "vic", "viewer"));
        let (m, carl) = (desk.manager("m"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "Parent" }));
        let path = format!("/cases/{id}");
        ana.sends(&format!("{path}/children"), "subject=First+child").status(303);
        let other = m.opens(json!({ "subject": "Second child" }));
        ana.sends(&format!("{path}/children"), &format!("number=CASE-{other:06}")).status(303);
        let page = ana.page(&path);
        assert!(page.contains("First child") && page.contains("Second child"));
        assert_eq!(m.case(id + 1)["contact_id"], carl.id);
        ana.sends(&format!("{path}/children"), "number=CASE-999999").status(422);
        ana.sends(&format!("{path}/children"), "").status(422);
        ana.sends(&format!("/cases/{other}/parent"), "number=").status(303);
        assert!(m.case(other)["parent_case_id"].is_null());
        ana.sends(&format!("{path}/parent"), &format!("number={id}")).status(409);
        // Escalations: raised, acknowledged, resolved.
        ana.sends(&format!("{path}/escalations"), "escalation_reason=technical&note=Look+%3Cb%3E&escalated_to=").status(303);
        assert!(ana.page(&path).contains("Escalated to level 1"));
        ana.sends(&format!("{path}/escalations/1/acknowledgement"), "").status(303);
        ana.sends(&format!("{path}/escalations/1/acknowledgement"), "").status(409);
        ana.sends(&format!("{path}/escalations/1/resolution"), "").status(303);
        assert_eq!(m.case(id)["escalation_level"], 0);
        // Followers.
        vic.sends(&format!("{path}/follow"), "").status(303);
        assert!(ana.page(&path).contains("vic") && vic.page(&path).contains("/unfollow"));
        vic.sends(&format!("{path}/unfollow"), "").status(303);
        // Merging.
        ana.sends(&format!("/cases/{other}/merge"), "number=x").status(422);
        ana.sends(&format!("/cases/{other}/merge"), "number=999999").status(422);
        // Which case takes it in is shown before anything is done.
        let asked = ana.sends(&format!("/cases/{other}/merge"), &format!("number={id}")).status(200).text();
        assert!(asked.contains("Parent") && asked.contains("carl") && asked.contains("name=\"confirmed\" value=\"true\""), "{asked}");
        assert!(m.case(other)["merged_into_id"].is_null());
        ana.sends(&format!("/cases/{other}/merge"), &format!("number={id}&confirmed=true")).status(303);
        let merged = ana.page(&format!("/cases/{other}"));
        assert!(merged.contains("The conversation goes on there") && !merged.contains("id=\"composer\""));
        // A viewer reads; what changes anything is refused.
        let page = vic.page(&path);
        assert!(!page.contains("id=\"composer\"") && !page.contains("data-field"));
        for form in ["comments", "properties", "merge", "children", "escalations"] {
            vic.sends(&format!("{path}/{form}"), "comment_text=x&number=1").status(403);
        }
        for path in ["", "/now", "/why", "/timeline", "/comments/1"] {
            carl.get(&format!("/cases/{id}{path}")).status(404);
            mia.stranger.ask(Method::GET, &format!("/cases/999999{path}")).header("cookie", &mia.cookie).send().status(404);
        }
    }

    fn clocks_are_explained_and_misses_acknowledged(desk) {
        let (ana, mia) = (agent(desk), browser(desk, "mia", "manager"));
        let account = desk.account_with(json!({ "account_name": "Big", "account_tier": "enterprise" }));
        let carl = desk.contact_of("carl", account);
        let id = carl.opens(json!({ "subject": "s" }));
        let path = format!("/cases/{id}");
        assert!(ana.page(&path).contains("class=\"badge running\""));
        desk.later(120).tick();
        let page = ana.page(&path);
        assert!(page.contains("class=\"badge missed\"") && page.contains("Missed targets"), "{page}");
        ana.sends(&format!("{path}/violations/1/acknowledgement"), "note=x").status(403);
        mia.sends("/cases/999/violations/1/acknowledgement", "").status(404);
        assert_eq!(desk.number("select count(*) from crm_sla_violations where acknowledged_at is not null"), 0);
        mia.sends(&format!("{path}/violations/1/acknowledgement"), "note=Seen").status(303);
        mia.sends(&format!("{path}/violations/1/acknowledgement"), "note=Seen").status(409);
        composes(&ana, id, &[("comment_text", "x"), ("status", "waiting_customer")], &[]).status(303);
        desk.later(30);
        assert!(ana.page(&path).contains("class=\"badge paused\""));
        let why = ana.page(&format!("{path}/why"));
        assert!(why.contains("<rect class=\"counted\"") && why.contains("<rect class=\"paused\""), "{why}");
        assert!(why.contains("Enterprise") && why.contains("Matched"));
        let timeline = ana.page(&format!("{path}/timeline"));
        for told in ["opened the case", "missed the target: First response", "changed the status from Open to Waiting for customer"] {
            assert!(timeline.contains(told), "{told}: {timeline}");
        }
    }

    fn a_text_is_previewed_for_users_only(desk) {
        let ana = agent(desk);
        let shown = ana.sends("/preview", "text=**Hi**+%3Cb%3Ex%3C%2Fb%3E+%3Cscript%3E");
        assert_eq!(shown.status(200).text(), "<p><strong>Hi</strong> &lt;b&gt;x&lt;/b&gt; &lt;script&gt;</p>\n");
        assert!(ana.sends("/preview", "text=%3Cb%3Ex%3C%2Fb%3E&place=article").text().contains("<b>x</b>"));
        assert_eq!(ana.sends("/preview", "").status(200).text(), "");
        desk.contact("carl").post("/preview", json!({})).status(404);
        crate::plain_browser::form(&desk.stranger(), "/preview", "text=x", None).status(303);
    }

    fn canned_replies_are_ones_own_or_the_desks(desk) {
        let (ana, bea, mia, ada) = (desk.agent("ana"), desk.agent("bea"), desk.manager("mia"), desk.admin());
        let path = "/api/crm/canned-replies";
        let text = "Dear {{contact.name}}, {{case.number}} ({{case.subject}}) {{no.such}} — {{agent.name}}";
        let draft = json!({ "reply_name": "Hello", "reply_text": text });
        let own = ana.post(path, draft.clone()).created()["canned_reply"]["canned_reply_id"].as_i64().unwrap();
        let shared = json!({ "reply_name": "Thanks", "reply_text": "Thank you", "is_shared": true });
        ana.post(path, shared.clone()).status(422).names(&["/is_shared"]);
        let desks = mia.post(path, shared).created()["canned_reply"]["canned_reply_id"].as_i64().unwrap();
        let names = |by: &Client, query: &str| {
            let list = by.get(&format!("{path}{query}")).ok();
            let list = list["canned_replies"].as_array().unwrap().clone();
            list.iter().map(|one| one["reply_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&ana, ""), ["Hello", "Thanks"]);
        assert_eq!(names(&bea, ""), ["Thanks"]);
        assert_eq!(names(&ana, "?search=HELL"), ["Hello"]);
        // What is another's is not there.
        for code in [bea.get(&format!("{path}/{own}")).code, mia.put(&format!("{path}/{own}"), json!({})).code, mia.delete(&format!("{path}/{own}")).code] {
            assert_eq!(code, 404);
        }
        ana.put(&format!("{path}/{desks}"), json!({ "reply_name": "x" })).status(403);
        ana.delete(&format!("{path}/{desks}")).status(403);
        // Names are one's own once, whatever their case.
        ana.post(path, json!({ "reply_name": "HELLO", "reply_text": "x" })).status(422).names(&["/reply_name"]);
        bea.post(path, json!({ "reply_name": "hello", "reply_text": "x" })).created();
        ana.post(path, json!({ "reply_name": "Nul", "reply_text": "a\u{0}b" })).status(422).names(&["/reply_text"]);
        // Filled in.
        let carl = desk.contact("carl");
        let id = carl.opens(json!({ "subject": "{{agent.name}}" }));
        let filled = ana.get(&format!("{path}/{own}?case_id={id}")).ok()["canned_reply"].clone();
        let expected = format!("Dear carl, CASE-{id:06} ({{{{agent.name}}}}) {{{{no.such}}}} — ana");
        assert_eq!(filled["filled_text"], json!(expected));
        assert_eq!(filled["unknown_placeholders"], json!(["{{no.such}}"]));
        ana.get(&format!("{path}?case_id=999999")).status(404);
        // Changed and deleted by who may; versions count.
        let seen = ana.get(&format!("{path}/{own}"));
        ana.put(&format!("{path}/{own}"), json!({ "reply_text": "New" })).ok();
        let stale = ana.ask(Method::PUT, &format!("{path}/{own}")).header("if-match", seen.etag());
        stale.json(&json!({ "reply_text": "Newer" })).send().status(412);
        mia.delete(&format!("{path}/{desks}")).status(204);
        ana.get(&format!("{path}/{desks}")).status(404);
        ada.post(&format!("{path}/{desks}/restoration"), json!({})).ok();
        ada.post(&format!("{path}/{own}/restoration"), json!({})).status(404);
        assert_eq!(names(&bea, ""), ["hello", "Thanks"]);
    }

    fn canned_replies_have_pages(desk) {
        let (ana, mia) = (agent(desk), browser(desk, "mia", "manager"));
        ana.sends("/canned-replies", "reply_name=Greeting&reply_text=Dear+%7B%7Bcontact.name%7D%7D+%7B%7Bx%7D%7D").status(303);
        let refused = ana.sends("/canned-replies", "reply_name=greeting&reply_text=Typed");
        assert!(refused.status(422).text().contains("is the name of another") && refused.text().contains("Typed</textarea>"));
        let empty = ana.sends("/canned-replies", "");
        assert!(empty.status(422).text().matches("class=\"fault\"").count() >= 2, "{}", empty.text());
        mia.sends("/canned-replies", "reply_name=All&reply_text=x&is_shared=true").status(303);
        let desks = desk.number("select canned_reply_id from crm_canned_replies where owner_id is null");
        let id = desk.contact("carl").opens(json!({ "subject": "s" }));
        let list = ana.page(&format!("/canned-replies?case_id={id}&search="));
        assert!(list.contains("Greeting") && list.contains("All") && list.contains(&format!("/cases/{id}?canned=1#composer")));
        let page = ana.page(&format!("/cases/{id}?canned=1"));
        assert!(page.contains("Dear carl {{x}}</textarea>") && page.contains("Nothing is known"), "{page}");
        assert!(!ana.page(&format!("/canned-replies/{desks}")).contains("<form method=\"post\" action=\"/canned"));
        ana.sends(&format!("/canned-replies/{desks}"), "reply_name=Mine&reply_text=x&edit_version=1").status(403);
        ana.sends("/canned-replies/1", "reply_name=Hi&reply_text=y&edit_version=1").status(303);
        let stale = ana.sends("/canned-replies/1", "reply_name=Ho&reply_text=z&edit_version=1");
        assert!(stale.status(409).text().contains("Somebody changed this reply"));
        ana.sends("/canned-replies/1/delete", "").status(303);
        assert!(!ana.page("/canned-replies").contains("canned-replies/1\""));
    }

    fn who_is_at_a_case_is_known_for_half_a_minute(desk) {
        let (ana, bea, carl) = (desk.agent("ana"), desk.viewer("bea"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "s" }));
        let path = format!("/api/crm/cases/{id}/presence");
        let before = desk.rows();
        let sign = |by: &Client, typing: bool| by.put(&path, json!({ "typing": typing })).ok()["presence"]["users"].clone();
        assert_eq!(sign(&ana, false), json!([{ "user_id": ana.id, "name": "ana", "is_typing": false }]));
        let both = sign(&bea, true);
        assert_eq!(both[1], json!({ "user_id": bea.id, "name": "bea", "is_typing": true }));
        ana.delete(&path).status(204);
        assert_eq!(sign(&bea, false).as_array().unwrap().len(), 1);
        sign(&ana, false);
        desk.later(1);
        // Nobody looks them up: the sign of the one who stays says who has gone, once the node has looked.
        let gone = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            sign(&ana, true) == json!([{ "user_id": ana.id, "name": "ana", "is_typing": true }])
        });
        assert!(gone);
        carl.put(&path, json!({ "typing": true })).status(403);
        desk.stranger().put(&path, json!({ "typing": true })).status(401);
        ana.put("/api/crm/cases/999999/presence", json!({ "typing": true })).status(404);
        ana.put(&path, json!({})).status(422).names(&["/typing"]);
        assert_eq!(desk.rows(), before);
        // Nobody keeps a node busy with it.
        let refused = (0..200).map(|_| bea.put(&path, json!({ "typing": true }))).find(|reply| reply.code == 429);
        assert!(refused.unwrap().header("retry-after").is_some());
    }

    fn hostile_texts_stay_texts(desk) {
        let (ana, mia) = (agent(desk), desk.manager("mia"));
        // Each page holds what a page of harmless texts holds, and nothing else that acts.
        let pages = |text: &str| {
            let line: String = text.replace(char::is_control, " ").chars().take(90).collect();
            let account = desk.account(&format!("{line}{}", desk.rows()));
            let contact = json!({ "name": line, "account_id": account, "phone": line.chars().take(40).collect::<String>() });
            let contact = mia.post("/api/crm/contacts", contact).created()["contact"]["contact_id"].clone();
            let draft = json!({ "subject": line, "description": text, "contact_id": contact, "tags": ["a", line.replace(',', "")] });
            let id = mia.opens(draft);
            mia.opens(json!({ "subject": line, "contact_id": contact }));
            mia.opens(json!({ "subject": line, "parent_case_id": id }));
            mia.comments(id, json!({ "comment_text": text }));
            mia.comments(id, json!({ "comment_text": text, "is_internal": true }));
            let status = json!({ "status": "pending", "status_reason": line });
            mia.put(&format!("/api/crm/cases/{id}/status"), status).ok();
            mia.put(&format!("/api/crm/cases/{id}"), json!({ "subject": format!("{line}.") })).ok();
            mia.attach(&format!("/api/crm/cases/{id}/attachments"), &[(&line.replace('"', ""), PNG)]).created();
            let escalation = json!({ "escalation_reason": "technical", "note": text });
            mia.post(&format!("/api/crm/cases/{id}/escalations"), escalation).created();
            let comments = comment_ids(&mia, id);
            let shown = [format!("/cases/{id}"), format!("/cases/{id}/timeline"), format!("/cases/{id}/comments/{}", comments[0])];
            shown.map(|path| {
                let page = ana.page(&path);
                let (acts, pictures) = (acting(&page), page.matches("<img").count());
                (acts, pictures, page.matches("<h1").count())
            })
        };
        let harmless = pages("harmless");
        for payload in payloads().iter().step_by(2).filter(|payload| payload.trim().len() > 3) {
            assert_eq!(pages(payload), harmless, "{payload}");
        }
    }
}
