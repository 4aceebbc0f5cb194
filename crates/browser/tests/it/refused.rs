//! A customer's session tries every page of the workspace: none exists for it, and nothing leaks. And what is refused is
//! told in the language of the page.

use ureq::http::Method;

use crate::spots::{SPOTS, Who};

in_the_demo! {
    fn a_customer_finds_no_page_of_the_workspace(stage) {
        let secret = "Stays among us: the invoice was wrong";
        let case = stage.desk.number("select min(case_id) from crm_cases where is_open and contact_id is not null");
        let contact = stage.desk.number(&format!("select contact_id from crm_cases where case_id = {case}"));
        let admin = stage.desk.bearer(&stage.desk.token(&stage.desk.texts(
            "select email from crm_users where role = 'admin' limit 1", vec![])[0]));
        admin.comments(case, serde_json::json!({ "comment_text": secret, "is_internal": true }));
        let email = stage.desk.texts("select email from crm_contacts where contact_id = $1", vec![contact.into()]);
        let customer = stage.tab_as(&email[0], browser::Look::default())?;
        let own = format!("/cases/{case}");
        let theirs = SPOTS.iter().filter(|spot| !matches!(spot.who, Who::Stranger | Who::Customer));
        for path in theirs.map(|spot| stage.filled(spot.path)).chain([own, "/".to_owned()]) {
            customer.goes(&path)?;
            let heading = customer.text("h1")?;
            let complaints = customer.complaints();
            assert!(customer.path()?.starts_with("/portal") || complaints.iter().any(|fault| fault.starts_with("404 for")),
                "{path} answers a customer {heading:?}");
            assert!(!customer.says(secret)?, "{path} leaks");
            assert!(!customer.sees("nav.side")?, "{path} shows the workspace's frame");
        }
        Ok(())
    }

    fn a_customer_sends_no_form_of_the_workspace(stage) {
        let email = stage.desk.texts("select email from crm_contacts order by contact_id limit 1", vec![]);
        let token = stage.desk.token(&email[0]);
        let before = stage.desk.rows();
        let open = ["/sign-in", "/sign-out", "/preferences", "/demo/sign-in", "/welcome"];
        for page in steward::http::pages().iter().filter(|page| page.method == "POST" && !open.contains(&page.path)) {
            let path: String = page.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part })
                .collect::<Vec<_>>().join("/");
            let ask = stage.desk.stranger();
            let ask = ask.ask(Method::POST, &path).header("cookie", &format!("steward_session={token}"));
            let ask = ask.header("sec-fetch-site", "same-origin").header("content-type", "application/x-www-form-urlencoded");
            let answer = ask.bytes("subject=Mine&comment_text=Mine&name=Mine").send();
            assert!((400..500).contains(&answer.code), "{path}: {answer:?}");
        }
        assert_eq!(stage.desk.rows(), before);
        Ok(())
    }

    fn what_is_refused_is_told_in_the_pages_language(stage) {
        let tab = stage.somebody(Who::Agent, browser::Look::default().german())?;
        let case = stage.desk.number("select min(case_id) from crm_cases where is_open and is_active and merged_into_id is null");
        tab.goes(&format!("/cases/{case}"))?;
        // Whatever a browser is set to, the page's scripts ask in the page's language.
        tab.asks("document.documentElement.lang = 'de-AT'; window.real = fetch; \
            window.fetch = (at, how) => (window.asked = how.headers['accept-language'], real(at, how)); true")?;
        tab.asks("document.querySelector('#merge').open = true")?;
        tab.types("#merge [name=number]", "CASE-999999")?.clicks("#merge button.danger")?;
        tab.until_seen("#merge .fault")?;
        assert_eq!(tab.text("#merge .fault")?, "es gibt keine Anfrage 999999");
        assert!(tab.sees("#merge [name=number][aria-invalid]")?);
        assert_eq!(tab.asks("asked")?, "de-AT");
        // What concerns no field that the form shows is a sentence by itself.
        let told = "import(document.querySelector('script[data-run]').src.replace('start.js', 'api.js')).then(({ sentence }) => \
            sentence(document.querySelector('#composer'), { pointer: '/odd_one', message: 'm' }) + '|' + \
            sentence(document.querySelector('#merge form'), { pointer: '/into_case_id', message: 'm' }))";
        assert_eq!(tab.asks(told)?, "odd one: m|Nummer der Anfrage, die bleibt: m");
        assert!(tab.complaints().iter().all(|fault| fault.contains("422")));
        Ok(())
    }
}
