//! Pages that the browser makes ready before somebody asks for them are what they would have been.

use browser::Look;
use serde_json::json;

on_a_desk! {
    fn what_the_pointer_rests_on_is_shown_as_it_is_when_it_is_asked_for(stage) {
        let ana = stage.desk.agent("Ana");
        let tab = stage.tab_of(&ana, Look::default())?;
        // The customers' page is left by loading another one, so its links are made ready by the browser.
        tab.goes("/customers")?.points_at("nav a[href='/views/open']")?.until_ready()?;
        ana.opens(json!({ "subject": "Meanwhile", "priority_id": 2 }));
        tab.until("performance.now() - (window.since ??= performance.now()) > 1_200")?;
        tab.follows("nav a[href='/views/open']")?;
        assert_eq!(tab.foreseen(), 1);
        tab.until_said("Meanwhile")?.until("document.querySelector('[data-count=open]').innerText === '1'")?;
        Ok(())
    }

    fn the_row_that_the_keys_rest_on_is_asked_for(stage) {
        let ana = stage.desk.agent("Ana");
        ana.opens(json!({ "subject": "First", "priority_id": 2 }));
        let second = ana.opens(json!({ "subject": "Second", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        // The newest comes first.
        tab.goes("/views/open")?.presses("j")?.until_answered(&format!("/cases/{second}"))?.presses_on("o")?;
        assert_eq!(tab.path()?, format!("/cases/{second}"));
        tab.until_said("Second")?;
        let asked = tab.answers().into_iter().filter(|answer| answer.address.ends_with(&format!("/cases/{second}"))).count();
        assert_eq!(asked, 1, "it is not asked for twice");
        Ok(())
    }
}
