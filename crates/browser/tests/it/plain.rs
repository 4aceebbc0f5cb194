//! Without scripts: an agent's day.

use browser::Look;
use serde_json::json;

use crate::stage::Stage;

const PASSWORD: &str = "correct horse battery";

/// Ana, an agent with a password.
fn ana(stage: &Stage) {
    let draft = json!({ "name": "Ana", "email": "ana@example.com", "role": "agent", "password": PASSWORD });
    stage.desk.admin().post("/api/crm/users", draft).created();
}

on_a_desk! {
    fn an_agent_works_without_scripts(stage) {
        ana(stage);
        let tab = stage.tab(Look::default().without_scripts())?;
        tab.goes("/cases")?;
        assert!(tab.path()?.starts_with("/sign-in?next="));
        tab.types("[name=email]", "ana@example.com")?.types("[name=password]", PASSWORD)?.follows("text=Sign in")?;
        assert_eq!(tab.path()?, "/cases");
        tab.follows("text=New case")?;
        tab.types("[name=subject]", "The printer is on fire")?.types("[name=description]", "It burns.")?;
        tab.chooses("[name=priority_id]", "High")?.follows("text=Open case")?;
        assert_eq!(tab.text("h1")?, "The printer is on fire");
        tab.types("[name=comment_text]", "Use water.")?.clicks("[popovertarget=send-menu]")?.follows("#send-menu [value=pending]")?;
        assert!(tab.says("Use water.")?);
        assert_eq!(tab.text("#case-head .status")?, "Pending");
        tab.chooses("#properties [name=status]", "in_progress")?.follows("text=Save")?;
        assert_eq!(tab.text("#case-head .status")?, "In progress");
        tab.goes("/cases?search=printer")?;
        assert!(tab.says("The printer is on fire")?);
        tab.follows("text=Sign out")?.goes("/cases")?;
        assert!(tab.path()?.starts_with("/sign-in"));
        Ok(())
    }
}
