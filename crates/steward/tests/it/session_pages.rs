//! Sessions in the browser: how they begin, what they are told, how they end.

use steward::people::Role;
use ureq::http::Method;

use crate::desk::Desk;
use crate::plain_browser::form;

each_engine! {
    fn one_click_signs_in_to_the_demo(engine) {
        let desk = &Desk::open_to_all(engine);
        let _mia = desk.user("mia", Role::Agent);
        desk.contact("carl");
        for (role, next, place) in [
            ("lead", "%2Fdashboard", "/dashboard"),
            ("agent", "", "/"),
            ("customer", "%2Fviews%2Fmine", "/portal"),
            ("agent", "%2F%2Fevil.example", "/"),
        ] {
            let host = format!("localhost:{}", desk.address.port());
            let ask = desk.stranger().ask(Method::POST, "/demo/sign-in")
                .header("host", &host)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("sec-fetch-site", "same-origin")
                .bytes(format!("role={role}&next={next}&csrf="))
                .send();
            assert_eq!(ask.status(303).header("location"), Some(place), "{role}");
            let cookie = ask.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
            let me = desk.stranger().ask(Method::GET, "/api/auth/me").header("cookie", &cookie).send().ok();
            let expected = match role { "lead" => "admin", "agent" => "agent", _ => "null" };
            assert_eq!(me["user"]["role"].as_str().unwrap_or("null"), expected);
            assert_eq!(me["contact"].is_object(), role == "customer");
        }
    }

    fn outside_of_the_demo_nobody_signs_in_with_one_click(engine) {
        let desk = &Desk::new(engine);
        desk.admin();
        let before = desk.rows();
        for role in ["lead", "agent", "customer"] {
            form(&desk.stranger(), "/demo/sign-in", &format!("role={role}"), None).status(404);
        }
        assert_eq!(desk.rows(), before);
    }
}
