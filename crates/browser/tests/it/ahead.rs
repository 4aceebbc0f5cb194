//! Pages that the browser makes ready before somebody asks for them are what they would have been.

use browser::Look;
use serde_json::json;

on_a_desk! {
    fn what_the_pointer_rests_on_is_shown_as_it_is_when_it_is_asked_for(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "Soon", "priority_id": 2 }));
        let (hers, his) = (stage.tab_of(&ana, Look::default())?, stage.tab_of(&ben, Look::default())?);
        his.goes(&format!("/cases/{case}"))?;
        hers.goes("/views/open")?.points_at("table .subject a")?.until_ready()?;
        // Who has not opened a case is not there, and what happens meanwhile is not missed.
        ben.sets(case, "open").ok();
        his.until("document.querySelector('#case-head .status').innerText === 'Open'")?;
        hers.until("performance.now() - (window.since ??= performance.now()) > 1_200")?;
        assert_eq!(his.text("#present")?, "");
        hers.follows("table .subject a")?;
        assert_eq!(hers.foreseen(), 1);
        hers.until("document.querySelector('#case-head .status').innerText === 'Open'")?;
        his.until("document.querySelector('#present').innerText.includes('Ana')")?;
        hers.types("#comment_text", "It works")?;
        his.until("document.querySelector('#present .typing') !== null")?;
        Ok(())
    }

    fn the_row_that_the_keys_rest_on_is_ready(stage) {
        let ana = stage.desk.agent("Ana");
        ana.opens(json!({ "subject": "First", "priority_id": 2 }));
        let second = ana.opens(json!({ "subject": "Second", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        // The newest comes first.
        tab.goes("/views/open")?.presses("j")?.until_ready()?.presses_on("o")?;
        assert_eq!((tab.path()?, tab.foreseen()), (format!("/cases/{second}"), 1));
        tab.until_said("Second")?;
        Ok(())
    }
}
