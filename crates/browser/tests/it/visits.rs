//! Links between lists, cases and the dashboard load no new document, and nobody can tell but by the time it takes.

use browser::{Look, Result, Tab};
use serde_json::json;

/// Marks the document: whoever still finds the mark is in the same one.
const MARK: &str = "window.isMarked = true, 0";
const IS_MARKED: &str = "window.isMarked === true";

fn is_in_the_same_document(tab: &Tab) -> Result<bool> {
    Ok(tab.asks(IS_MARKED)? == true)
}

on_a_desk! {
    fn a_link_of_the_workspace_is_a_visit(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/views/open")?.asks(MARK)?;
        let current = "document.querySelector('nav.side [aria-current]')?.getAttribute('href') ?? null";
        assert_eq!(tab.asks(current)?, "/views/open");
        tab.follows("table .subject a")?;
        assert_eq!((tab.path()?, tab.text("h1")?), (format!("/cases/{case}"), "Printer".into()));
        assert_eq!(tab.asks("document.title.includes('Printer')")?, true);
        // Whoever hears the page instead of seeing it is told where they are.
        assert_eq!(tab.asks("document.querySelector('body > [role=status]').textContent === document.title")?, true);
        assert_eq!(tab.asks(current)?, json!(null));
        tab.follows("nav a[href='/dashboard']")?;
        assert_eq!(tab.text("h1")?, "Dashboard");
        assert_eq!(tab.asks(current)?, "/dashboard");
        tab.follows("nav a[href='/views/unassigned']")?;
        assert_eq!(tab.asks(current)?, "/views/unassigned");
        assert_eq!(tab.asks("scrollY")?, 0);
        assert!(is_in_the_same_document(&tab)?);
        // The same link once more reads the list anew.
        ana.opens(json!({ "subject": "Scanner", "priority_id": 2, "owner_id": null }));
        tab.follows("nav a[href='/views/unassigned']")?.until_said("Scanner")?;
        // Other pages are loaded.
        tab.follows("nav a[href='/customers']")?;
        assert!(!is_in_the_same_document(&tab)?);
        Ok(())
    }

    fn keys_act_once_however_many_lists_were_shown(stage) {
        let admin = stage.desk.admin();
        let case = admin.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&admin, Look::default())?;
        tab.goes("/views/open")?.asks(MARK)?;
        for _ in 0..3 {
            tab.follows("table .subject a")?.follows("nav a[href='/views/open']")?;
        }
        tab.presses("j")?.presses("x")?;
        assert_eq!(tab.asks("document.querySelectorAll('[name=case_id]:checked').length")?, 1);
        tab.presses("x")?;
        assert_eq!(tab.asks("document.querySelectorAll('[name=case_id]:checked').length")?, 0);
        tab.presses("e")?.until_seen("dialog[open] [name=priority_id]")?;
        assert_eq!(tab.asks("document.querySelectorAll('dialog[open]').length")?, 1);
        tab.presses("Escape")?.until_gone("dialog[open]")?.presses_on("o")?;
        // What the list's key did is the case's again.
        tab.presses("e")?;
        assert_eq!(tab.asks("document.activeElement.name")?, "status");
        tab.asks("document.activeElement.blur(), 0")?;
        tab.presses("r")?.writes("Once")?.presses("Ctrl+Enter")?.until_said("Once")?;
        tab.until("document.querySelector('#comment_text').value === ''")?;
        assert_eq!(admin.get(&format!("/api/crm/cases/{case}/comments")).ok()["comments"].as_array().map(Vec::len), Some(1));
        assert!(is_in_the_same_document(&tab)?);
        Ok(())
    }

    fn back_leads_to_the_place_that_was_left(stage) {
        let ana = stage.desk.agent("ana");
        for number in 0..40 {
            ana.opens(json!({ "subject": format!("Number {number}"), "priority_id": 2 }));
        }
        let tab = stage.tab_of(&ana, Look { height: 600, ..Look::default() })?;
        tab.goes("/views/open")?.asks(MARK)?;
        // All rows are there, also those that were not seen at first.
        tab.follows("nav a[href='/views/open']")?;
        assert_eq!(tab.asks("document.querySelectorAll('table tbody tr').length")?, 40);
        tab.asks("document.querySelectorAll('table .subject a')[30].scrollIntoView({ block: 'center' }), 0")?;
        let (at, subject) = (tab.asks("scrollY")?, tab.asks("document.querySelectorAll('table .subject a')[30].innerText")?);
        assert!(at.as_f64() > Some(100.0));
        tab.follows("table tbody tr:nth-child(31) .subject a")?;
        assert_eq!(tab.text("h1")?, subject.as_str().unwrap_or_default());
        assert_eq!(tab.asks("scrollY")?, 0);
        tab.asks("history.back(), 0")?;
        tab.until("document.activeElement.matches('tr[aria-selected=true] [data-open]')")?;
        assert_eq!(tab.asks("document.activeElement.innerText")?, subject);
        assert_eq!(tab.asks("scrollY")?, at);
        tab.asks("history.forward(), 0")?;
        tab.until(&format!("document.querySelector('h1').innerText === {subject}"))?;
        assert!(is_in_the_same_document(&tab)?);
        Ok(())
    }

    fn nothing_is_missed_between_two_pages(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "Soon", "priority_id": 2 }));
        let (hers, his) = (stage.tab_of(&ana, Look::default())?, stage.tab_of(&ben, Look::default())?);
        his.goes(&format!("/cases/{case}"))?;
        hers.goes("/views/open")?.until_answered("/api/crm/support/live")?;
        // The page is asked for when the pointer rests on its link, and shown as it is by then.
        hers.points_at("table .subject a")?.until_answered(&format!("/cases/{case}"))?;
        ben.sets(case, "open").ok();
        hers.until(&format!("document.querySelector('#case-{case} .status')?.innerText === 'Open'"))?;
        assert_eq!(his.text("#present")?, "", "who has not opened a case is not there");
        hers.follows("table .subject a")?;
        hers.until("document.querySelector('#case-head .status').innerText === 'Open'")?;
        his.until("document.querySelector('#present').innerText.includes('Ana')")?;
        // Whoever leaves a case is not there, and what happens to it does not matter elsewhere.
        hers.follows("nav a[href='/dashboard']")?;
        his.until("!document.querySelector('#present').innerText.includes('Ana')")?;
        ben.sets(case, "in_progress").ok();
        hers.follows("nav a[href='/views/open']")?;
        assert_eq!(hers.text(&format!("#case-{case} .status"))?, "In progress");
        ben.sets(case, "pending").ok();
        hers.until(&format!("document.querySelector('#case-{case} .status')?.innerText === 'Pending'"))?;
        Ok(())
    }

    fn what_was_begun_on_a_page_ends_well_after_it(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        let path = format!("/cases/{case}");
        // A reply is sent and the page left in one breath.
        tab.goes(&path)?.asks(MARK)?;
        tab.types("#comment_text", "On my way")?.asks("document.querySelector('#send > button').click(), document.querySelector(`nav a[href='/views/open']`).click(), 0")?;
        tab.until("location.pathname === '/views/open'")?.until_seen("table .subject a")?;
        tab.follows("table .subject a")?.until_said("On my way")?;
        assert_eq!(tab.asks("document.querySelector('#comment_text').value")?, "");
        // What was typed and not sent waits.
        tab.types("#comment_text", "Half a sen")?.follows("nav a[href='/dashboard']")?;
        tab.asks("history.back(), 0")?;
        tab.until("document.querySelector('#comment_text')?.value === 'Half a sen'")?;
        // A change that is refused after its page was left is told all the same.
        tab.asks("window.ask = window.fetch, window.fetch = (address, more) => more?.method === 'PUT' && !address.endsWith('presence')
            ? new Promise(resolve => { window.go = () => resolve(ask(address, more)) }) : ask(address, more),
            (field => { field.removeAttribute('maxlength'); field.value = 'x'.repeat(300); field.dispatchEvent(new Event('change', { bubbles: true })) })(document.querySelector('[data-field=tags]')), 0")?;
        tab.follows("nav a[href='/views/open']")?.asks("go(), 0")?;
        tab.until_seen(".toasts .alarm a")?;
        assert_eq!(tab.asks("document.querySelector('.toasts .alarm a').getAttribute('href')")?, path.as_str());
        assert!(is_in_the_same_document(&tab)?);
        assert_eq!(tab.complaints().len(), 1, "the refusal");
        Ok(())
    }

    fn what_is_out_of_the_ordinary_is_loaded(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/views/open")?.asks(MARK)?;
        tab.asks("document.querySelector('table .subject a').href = '/cases/4711', 0")?;
        tab.follows("table .subject a")?;
        assert_eq!((tab.path()?, is_in_the_same_document(&tab)?), ("/cases/4711".into(), false));
        assert_eq!(tab.complaints().len(), 2, "404, for the visit and for the page");
        tab.asks("history.back(), 0")?;
        tab.until("document.querySelector('table .subject a')?.innerText === 'Printer'")?;
        assert_eq!(tab.path()?, "/views/open");
        // The palette is gone where it has led to.
        tab.goes("/views/open")?.asks(MARK)?;
        tab.presses("Ctrl+k")?.until_seen("dialog.palette [role=option]")?.writes("printer")?;
        tab.until("document.querySelector('.palette [aria-selected=true]')?.innerText.includes('Printer')")?.presses_on("Enter")?;
        assert_eq!((tab.path()?, tab.sees("dialog[open]")?), (format!("/cases/{case}"), false));
        assert!(is_in_the_same_document(&tab)?);
        // Who is signed out meanwhile signs in.
        tab.cookie("steward_session", "stw_ended")?;
        tab.follows("nav a[href='/views/open']")?.until("location.pathname === '/sign-in'")?;
        let complaints = tab.complaints();
        assert!(complaints.iter().all(|complaint| complaint.starts_with("401 for ")), "{complaints:?}");
        Ok(())
    }

    fn until_a_page_has_come_the_one_that_is_shown_stays(stage) {
        let (ana, ben) = (stage.desk.agent("ana"), stage.desk.agent("ben"));
        let [first, second] = ["First", "Second"].map(|subject| ana.opens(json!({ "subject": subject, "priority_id": 2 })));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/views/open")?.asks(MARK)?;
        // No page comes before it is let go.
        tab.asks("window.held = [], window.ask = window.fetch, window.fetch = (address, ...more) => /cases.\\d+$/.test(address)
            ? new Promise(resolve => held.push(() => resolve(ask(address, ...more)))) : ask(address, ...more), 0")?;
        tab.clicks(&format!("#case-{first} .subject a"))?.until("held.length > 0")?;
        assert_eq!((tab.path()?, tab.text("h1")?), ("/views/open".into(), "All open".into()));
        ben.sets(first, "open").ok();
        tab.until(&format!("document.querySelector('#case-{first} .status').innerText === 'Open'"))?;
        tab.presses("Ctrl+k")?.until_seen("dialog.palette")?;
        let let_go = "held.splice(0).forEach(go => go()), document.querySelector('h1').innerText";
        tab.until(&format!("{let_go} === 'First'"))?;
        assert!(!tab.sees("dialog[open]")?, "what was opened meanwhile is not the case's");
        // Who clicks twice goes where the second click leads, and back to where both began.
        tab.asks("history.back(), 0")?;
        tab.until("location.pathname === '/views/open' && document.documentElement.hasAttribute('data-ready')")?;
        tab.clicks(&format!("#case-{first} .subject a"))?.clicks(&format!("#case-{second} .subject a"))?;
        assert_eq!(tab.path()?, "/views/open");
        tab.until(&format!("{let_go} === 'Second'"))?;
        tab.asks("history.back(), 0")?;
        tab.until("document.activeElement.matches('tr[aria-selected=true] [data-open]')")?;
        assert_eq!((tab.path()?, tab.asks("document.activeElement.innerText")?), ("/views/open".into(), json!("Second")));
        assert!(is_in_the_same_document(&tab)?);
        Ok(())
    }

    fn what_was_begun_is_there_for_whoever_comes_back(stage) {
        let admin = stage.desk.admin();
        let case = admin.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&admin, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.asks(MARK)?;
        tab.clicks("#escalate summary")?.types("#escalate textarea", "Half a rea")?;
        tab.follows("nav a[href='/views/open']")?;
        assert!(!is_in_the_same_document(&tab)?, "the browser keeps the page");
        tab.asks("history.back(), 0")?;
        tab.until("document.querySelector('#escalate textarea')?.value === 'Half a rea'")?;
        tab.goes("/views/open")?.asks(MARK)?;
        tab.presses("j")?.presses("x")?.follows("nav a[href='/dashboard']")?;
        assert!(!is_in_the_same_document(&tab)?);
        Ok(())
    }

    fn a_browser_without_visits_loads_pages(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.runs_first("delete window.NavigationPrecommitController, Object.defineProperty(window, 'navigation', { value: undefined })")?;
        tab.goes("/views/open")?.asks(MARK)?;
        tab.follows("table .subject a")?;
        assert_eq!((tab.path()?, is_in_the_same_document(&tab)?), (format!("/cases/{case}"), false));
        tab.follows("nav a[href='/dashboard']")?.follows("nav a[href='/views/open']")?;
        assert_eq!(tab.text("table .subject a")?, "Printer");
        Ok(())
    }
}
