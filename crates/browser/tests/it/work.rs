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
