//! With scripts: the keyboard alone.

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
        let chosen = tab.text("tr[aria-selected=true] .subject")?;
        tab.presses_on("o")?;
        assert_eq!(tab.text("h1")?, chosen);
        tab.presses("n")?.writes("Nobody outside sees this.")?;
        assert_eq!(tab.asks("document.querySelector('[name=kind]:checked').value")?, "note");
        Ok(())
    }
}
