//! With scripts: the keyboard alone, the palette, drafts.

use browser::Look;
use serde_json::json;

on_a_desk! {
    fn the_keyboard_alone_is_enough(stage) {
        let ana = stage.desk.agent("ana");
        for subject in ["First", "Second", "Third"] {
            ana.opens(json!({ "subject": subject, "priority_id": 2 }));
        }
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/cases")?;
        tab.presses("j")?.presses("j")?.presses("k")?.presses("j")?;
        let chosen = tab.asks_of("tr[aria-selected=true]", "it.querySelector('[data-open]').innerText")?;
        tab.presses_on("o")?;
        assert_eq!(tab.text("h1")?, chosen.as_str().unwrap_or_default());
        tab.presses("n")?.writes("Nobody outside sees this.")?;
        assert_eq!(tab.asks("document.querySelector('[name=kind]:checked').value")?, "note");
        tab.presses("Ctrl+Enter")?.until_seen(".comment.internal")?;
        tab.presses("Escape")?.presses("r")?.writes("Dear customer")?;
        assert_eq!(tab.asks("document.querySelector('[name=kind]:checked').value")?, "reply");
        tab.presses("Escape")?.presses("e")?;
        assert_eq!(tab.asks("document.activeElement.name")?, "status");
        Ok(())
    }

    fn the_palette_leads_anywhere(stage) {
        let ana = stage.desk.agent("ana");
        ana.opens(json!({ "subject": "Needle", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/views/mine")?.presses("Ctrl+k")?.until_seen("dialog.palette [role=option]")?;
        tab.writes("needle")?.until("document.querySelector('.palette [aria-selected=true]')?.innerText.includes('Needle')")?;
        tab.presses_on("Enter")?;
        assert_eq!(tab.text("h1")?, "Needle");
        tab.presses("Ctrl+k")?.until_seen("dialog.palette")?.presses("Escape")?.until_gone("dialog.palette")?;
        tab.presses("?")?.until_seen("dialog[open]")?.presses("Escape")?.until_gone("dialog[open]")?;
        Ok(())
    }

    fn enter_in_the_palette_goes_where_the_text_leads(stage) {
        let ana = stage.desk.agent("ana");
        ana.opens(json!({ "subject": "Needle", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/views/mine")?.presses("Ctrl+k")?.until_seen("dialog.palette [role=option]")?;
        // Faster than the list can follow.
        tab.writes("needle")?.presses_on("Enter")?;
        assert_eq!(tab.text("h1")?, "Needle");
        Ok(())
    }

    fn the_palette_does_what_a_case_offers(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2, "owner_id": null }));
        let tab = stage.tab_of(&ana, Look::default())?;
        // There is no search on a case: the key for it leads to the palette.
        tab.goes(&format!("/cases/{case}"))?.presses("/")?.until_seen("dialog.palette [role=option]")?;
        tab.writes("assign to")?.until("document.querySelector('.palette [aria-selected=true]')?.innerText === 'Assign to me'")?;
        tab.presses("Enter")?.until_gone("dialog.palette")?.until_seen(".fields .saved")?;
        assert_eq!(ana.case(case)["owner_name"], "ana");
        tab.presses("Ctrl+k")?.until_seen("dialog.palette [role=option]")?.writes("internal note")?;
        tab.until("document.querySelector('.palette [aria-selected=true]')?.innerText === 'Internal note'")?.presses("Enter")?;
        tab.until("document.activeElement.id === 'comment_text'")?;
        assert_eq!(tab.asks("document.querySelector('[name=kind]:checked').value")?, "note");
        Ok(())
    }

    fn the_keyboard_stays_where_it_was_when_something_is_sent(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.presses("r")?.writes("Dear customer")?.presses("Ctrl+Enter")?;
        tab.until_said("Dear customer")?.until("document.querySelector('#comment_text').value === ''")?;
        tab.until("document.activeElement.id === 'comment_text'")?;
        tab.presses("Escape")?;
        assert_eq!(tab.asks("document.querySelector('#comment_text').matches(':user-invalid')")?, false, "nothing is wrong");
        let before = tab.text("#followers button")?;
        tab.clicks("#followers button")?;
        tab.until(&format!("document.querySelector('#followers button').innerText !== {before:?}"))?;
        tab.until("document.activeElement.closest('#followers') !== null")?;
        tab.clicks("#add-child summary")?.types("#add-child [name=subject]", "Child")?.presses("Enter")?;
        tab.until_said("Child")?.until("document.activeElement.matches('#add-child summary')")?;
        Ok(())
    }

    fn the_keyboard_goes_on_after_escalating_and_after_changing_many(stage) {
        let admin = stage.desk.admin();
        let case = admin.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&admin, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.clicks("#escalate summary")?.clicks("#escalate button")?;
        tab.until_seen("#escalations .badge.alarm")?.until("document.activeElement.matches('#escalate summary')")?;
        tab.clicks("text=Acknowledge")?.until_gone("text=Acknowledge")?;
        tab.until("document.activeElement.closest('#escalations') !== null")?;
        tab.goes("/views/open")?.presses("j")?.presses("x")?.chooses("#bulk [name=priority_id]", "High")?.clicks("#bulk button")?;
        tab.until_seen(".toasts")?.until_gone("#bulk")?;
        tab.until("document.activeElement.matches('tr[data-case] [data-open]')")?;
        assert_eq!(admin.case(case)["priority_name"], "High");
        Ok(())
    }

    fn escape_takes_back_what_was_typed(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2, "tags": ["paper"] }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.types("[data-field=tags]", "toner")?.presses("Escape")?;
        assert_eq!(tab.asks("document.querySelector('[data-field=tags]').value")?, "paper");
        // What is saved after it is all that is saved.
        tab.chooses("[data-field=priority_id]", "High")?.until_seen(".fields .saved")?;
        assert_eq!((&ana.case(case)["tags"], &ana.case(case)["priority_name"]), (&json!(["paper"]), &json!("High")));
        Ok(())
    }

    fn ones_place_in_a_list_is_kept(stage) {
        let ana = stage.desk.agent("ana");
        for subject in ["First", "Second", "Third"] {
            ana.opens(json!({ "subject": subject, "priority_id": 2 }));
        }
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/cases")?.presses("j")?.presses("j")?.presses_on("o")?;
        assert_eq!(tab.text("h1")?, "Second");
        assert_eq!(tab.text("#in-list span")?, "2 / 3");
        tab.presses_on("j")?;
        let below = tab.text("h1")?;
        assert_ne!(below, "Second");
        tab.asks("history.back(), 0")?;
        tab.until("document.activeElement.matches('tr[aria-selected=true] [data-open]')")?;
        assert_eq!(tab.path()?, "/cases");
        assert_eq!(tab.asks("document.activeElement.innerText")?, below.as_str());
        Ok(())
    }

    fn a_merge_shows_what_takes_the_case_in(stage) {
        let ana = stage.desk.agent("ana");
        let [from, into] = ["Twice", "Once"].map(|subject| ana.opens(json!({ "subject": subject, "priority_id": 2 })));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{from}"))?.clicks("#merge summary")?.types("#merge [name=number]", &into.to_string())?;
        tab.clicks("#merge button")?.until_seen("#merge-ask")?;
        assert!(tab.text("#merge-ask")?.contains("Once"));
        assert!(ana.case(from)["merged_into_id"].is_null(), "nothing is done yet");
        tab.until_seen("#merge button")?.until("!document.querySelector('#merge [name=confirmed]').disabled")?.follows("#merge button")?;
        assert_eq!(tab.text("h1")?, "Once");
        assert_eq!(ana.case(from)["merged_into_id"], into);
        Ok(())
    }

    fn the_administration_says_what_was_done(stage) {
        let tab = stage.tab_of(&stage.desk.admin(), Look::default())?;
        tab.goes("/administration/teams/new")?.types("[name=team_name]", "Second line")?.follows("text=Add")?;
        tab.until_seen(".toasts")?;
        assert!(tab.text(".toasts")?.contains("Second line was added."));
        assert!(tab.sees("tr.changed")?);
        Ok(())
    }

    fn a_fault_of_a_week_stands_below_its_day(stage) {
        let tab = stage.tab_of(&stage.desk.admin(), Look::default())?;
        tab.goes("/administration/calendars/new")?.types("[name=calendar_name]", "Shop")?.types("[name=time_zone]", "UTC")?;
        tab.types("#day-mon", "9-17")?.types("#day-wed", "9-12, 13-99")?.clicks("text=Add")?.until_seen(".week > .fault")?;
        assert_eq!(tab.asks("document.querySelector('.week > .fault').previousElementSibling.contains(document.querySelector('#day-wed'))")?, true);
        assert_eq!(tab.asks("document.activeElement.id")?, "day-wed");
        assert_eq!(tab.complaints().len(), 1, "the refusal");
        Ok(())
    }

    fn a_customers_reply_survives_a_reload(stage) {
        let carl = stage.desk.contact("carl");
        let case = carl.opens(json!({ "subject": "Printer" }));
        let tab = stage.tab_of(&carl, Look::default())?;
        let path = format!("/portal/cases/{case}");
        tab.goes(&path)?.types("[name=comment_text]", "It still burns")?.reloads()?;
        assert_eq!(tab.asks("document.querySelector('[name=comment_text]').value")?, "It still burns");
        tab.follows("text=Send")?.goes(&path)?;
        assert_eq!(tab.asks("document.querySelector('[name=comment_text]').value")?, "");
        Ok(())
    }

    fn whoever_tabs_through_a_page_reaches_all_of_it(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Tabbed", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        for path in ["/views/open".to_owned(), "/cases/new".to_owned(), format!("/cases/{case}")] {
            tab.goes(&path)?;
            tab.asks(STOPS)?;
            let stops = tab.asks("stops.size")?.as_u64().unwrap_or(0);
            // Once around the page, and round the window's own corner.
            for _ in 0..stops + 3 {
                tab.presses("Tab")?;
                tab.asks(NOTE)?;
            }
            let missed = tab.asks("[...stops].slice(0, 3).map(one => one.outerHTML.slice(0, 120))")?;
            assert_eq!(missed, json!([]), "{path}: they are not reached");
            assert_eq!(tab.asks("unseen")?, json!([]), "{path}: the focus is not seen");
            tab.asks("document.activeElement.blur(), document.querySelector('.skip').focus()")?;
            assert!(tab.sees(".skip")?, "{path}: the way past the navigation is seen when it is reached");
        }
        Ok(())
    }

    fn what_was_typed_survives_a_reload(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Long", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.types("#comment_text", "A long answer")?.reloads()?;
        assert_eq!(tab.asks("document.querySelector('#comment_text').value")?, "A long answer");
        Ok(())
    }
}

/// All that can be reached, of radio buttons the chosen one.
const STOPS: &str = "window.unseen = [], window.stops = new Set([...document.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')].filter(one =>
    one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0 && !one.disabled && !(one.type === 'radio' && !one.checked))), 0";
/// Notes what has the focus, and whether that can be seen.
const NOTE: &str = "(one => {
    stops.delete(one);
    const around = [one, one.parentElement, one.closest('label'), one.nextElementSibling].filter(Boolean);
    const isMarked = around.some(it => getComputedStyle(it).outlineStyle !== 'none');
    if (one !== document.body && !isMarked) unseen.push(one.outerHTML.slice(0, 160));
})(document.activeElement)";
