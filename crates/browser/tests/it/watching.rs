//! The dashboard with scripts: it follows what happens, and it is printed whole.

use browser::Look;
use serde_json::json;

use crate::spots::Who;

on_a_desk! {
    fn a_dashboard_follows_what_happens(stage) {
        let ana = stage.desk.agent("ana");
        for number in 0..12 {
            let owner = stage.desk.agent(&format!("Owner {number}"));
            ana.opens(json!({ "subject": "First", "priority_id": 2, "owner_id": owner.id }));
        }
        stage.desk.later(1);
        let tab = stage.tab_of(&ana, Look::default())?;
        let created = "[...document.querySelectorAll('.tile')].find(one => one.querySelector('dt').innerText === 'Created').querySelector('.value').innerText";
        tab.goes("/dashboard")?.until_answered("/api/crm/support/live")?;
        assert_eq!(tab.asks(created)?, "12");
        tab.clicks(".people details summary")?.until_seen(".people details table")?;
        tab.asks("document.querySelector('.people details summary').isTheSame = true, document.querySelector('.people details summary').focus(), 0")?;
        ana.opens(json!({ "subject": "Second", "priority_id": 2 }));
        stage.desk.later(1);
        tab.until(&format!("{created} === '13'"))?;
        // Where somebody was, and what they opened, stays.
        assert_eq!(tab.asks("document.activeElement.isTheSame === true && document.activeElement.parentElement.open")?, true);
        Ok(())
    }
}

in_the_demo! {
    fn a_case_is_printed_with_what_is_known_of_it(stage) {
        let tab = stage.somebody(Who::Agent, Look::default())?;
        tab.goes("/cases/1")?;
        let seen = |what: &str| tab.asks(&format!("[...document.querySelectorAll({what:?})].filter(one => one.checkVisibility()).length"));
        assert!(seen("#merge summary")?.as_i64() > Some(0));
        tab.look_at_print(true)?;
        for gone in ["nav", "#composer", "#merge", "#escalate", "#wording", "#followers", "button"] {
            assert_eq!(seen(gone)?, 0, "{gone} is nothing for paper");
        }
        assert_eq!(seen(".fields select")?, seen(".fields label:not(.check) select")?);
        assert!(seen(".fields select")?.as_i64() >= Some(6), "status, priority, owner, team, type, channel");
        assert!(seen(".comment")?.as_i64() > Some(2));
        Ok(())
    }

    fn a_dashboard_is_printed_whole(stage) {
        let tab = stage.somebody(Who::Manager, Look::default())?;
        tab.goes("/dashboard?days=90")?;
        tab.look_at_print(true)?;
        let cut = tab.asks(
            "[...document.querySelectorAll('.figures section')].filter(one => getComputedStyle(one).contentVisibility !== 'visible'
                || one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().height < 10).map(one => one.className)",
        )?;
        assert_eq!(cut, json!([]));
        let beside = tab.asks(
            "[...document.querySelectorAll('nav, form, button, .csv')].filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 80))",
        )?;
        assert_eq!(beside, json!([]), "paper has nothing to click on");
        let folded = "[...document.querySelectorAll('.people details td')].filter(one => one.getClientRects().length === 0).length";
        assert_eq!(tab.asks(folded)?, 0, "owners beyond the first ten");
        assert!(tab.asks("document.querySelectorAll('.people details td').length")?.as_i64() > Some(0));
        Ok(())
    }
}
