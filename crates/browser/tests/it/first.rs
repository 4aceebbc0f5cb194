//! The first minutes of a desk that nobody has entered.

use browser::Look;
use steward::people::commands;

use crate::axe;

const TOKEN: &str = "stw_0000000000000000000000000000000000000000000";

on_a_desk! {
    fn the_first_admin_comes_in_with_the_token_of_the_first_start(stage) {
        assert!(stage.desk.write(|work| commands::first_admin(work, TOKEN)));
        for look in [Look::default(), Look::default().dark(), Look::phone().german()] {
            let tab = stage.tab(look)?;
            tab.goes("/welcome")?;
            assert_eq!(axe::faults(&tab)?, [""; 0]);
            tab.types("[name=token]", "stw_wrong")?.types("[name=name]", "Ida")?;
            tab.types("[name=email]", "ida@example.com")?.types("[name=password]", "correct horse battery")?;
            tab.follows("main form button")?.until_seen("#fault-token")?;
            assert_eq!(tab.complaints().len(), 1, "422 is the answer");
            assert_eq!(axe::faults(&tab)?, [""; 0]);
        }
        let tab = stage.tab(Look::default())?;
        tab.goes("/sign-in")?.follows("a[href='/welcome']")?;
        tab.types("[name=token]", TOKEN)?.types("[name=name]", "Ida")?;
        tab.types("[name=email]", "ida@example.com")?.types("[name=password]", "correct horse battery")?;
        tab.follows("main form button")?.until_said("Ida")?;
        assert_eq!(tab.path()?, "/welcome");
        assert_eq!(axe::faults(&tab)?, [""; 0]);
        // From the empty desk to its first case.
        tab.goes("/views/open")?;
        assert_eq!(axe::faults(&tab)?, [""; 0]);
        tab.goes("/cases/new")?.types("[name=subject]", "The first of many")?.follows("text=Open case")?;
        tab.until_said("The first of many")?;
        Ok(())
    }
}
