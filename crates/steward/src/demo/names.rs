//! Names of people and companies, of many languages. None of them is anybody's on purpose.

/// Given and family names of one language (BCP 47). `a/b` is a name in its own script and how an address spells it.
pub struct Names {
    pub language: &'static str,
    /// Beginning of telephone numbers that are set aside for fiction, and how many digits follow; empty without one.
    pub dial: (&'static str, usize),
    pub given: &'static [&'static str],
    pub family: &'static [&'static str],
}

/// The users, in the order of their ids: the first is the demo's admin.
pub const STAFF: [&str; 25] = [
    "Alex Morgan", "Priya Raman", "Thomas Okafor", "Ana Lindqvist", "Marek Kowalski", "Giulia Ferrari", "Sam Whitaker",
    "Yusuf Demir", "Camille Moreau", "Jordan Reyes", "Hanna Virtanen", "Liam O'Connell", "Noor Haddad",
    "Tomás Herrera", "Katja Weiß", "Ravi Deshpande", "Ivana Horvat", "Pieter de Vries", "Zofia Nowak",
    "Chidi Eze", "Ngozi Bello", "Emil Sørensen", "Beatriz Carvalho", "Mei Tanaka", "Oskar Brandt",
];

pub const TEAMS: [(&str, &str); 4] = [
    ("First Line", "Answers first: questions, sign-in, everyday trouble."),
    ("Technical", "Bugs, integrations, whatever needs a log."),
    ("Billing", "Invoices, payments, contracts."),
    ("Customer Success", "Training, wishes, the accounts that we look after."),
];

pub const PEOPLE: &[Names] = &[
    Names {
        language: "en",
        dial: ("+44 20 7946 0", 3),
        given: &["Olivia", "Jack", "Amelia", "Harry", "Grace", "Oscar", "Ruby", "Daniel", "Chloe", "Megan", "Ethan", "Zoe"],
        family: &["Baker", "Cooper", "Hughes", "Fletcher", "Osborne", "Pearce", "Sutton", "Walsh", "Barlow", "Kerr", "O'Neill"],
    },
    Names {
        language: "en-US",
        dial: ("+1 202 555 01", 2),
        given: &["Emily", "Tyler", "Madison", "Logan", "Hannah", "Caleb", "Natalie", "Derek", "Monica", "Russell"],
        family: &["Carter", "Delgado", "Freeman", "Hoffman", "Jefferson", "Lawson", "Patterson", "Vaughn", "Whitfield"],
    },
    Names {
        language: "de",
        dial: ("+49 30 23125 ", 3),
        given: &["Jürgen", "Sabine", "Björn", "Käthe", "Lukas", "Annika", "Günther", "Franziska", "Matthias", "Jörg"],
        family: &["Müller", "Schäfer", "Groß", "Vogel", "Böhm", "Krüger", "Lehmann", "Hübner", "Weiß", "Zimmermann"],
    },
    Names {
        language: "fr",
        dial: ("+33 1 99 00 ", 4),
        given: &["Élodie", "François", "Chloé", "Rémi", "Hélène", "Baptiste", "Maëlle", "Jérôme", "Sylvie", "Théo"],
        family: &["Lefèvre", "Gauthier", "Béranger", "Dupré", "Fontaine", "Lemaître", "Rousseau", "Vasseur", "Noël"],
    },
    Names {
        language: "es",
        dial: ("", 0),
        given: &["Lucía", "Andrés", "Sofía", "Iván", "Inés", "Raúl", "Begoña", "Martín", "Nuria", "Íñigo"],
        family: &["García", "Muñoz", "Ibáñez", "Peña", "Castro", "Domínguez", "Núñez", "Vega", "Ortiz", "Álvarez"],
    },
    Names {
        language: "pl",
        dial: ("", 0),
        given: &["Łukasz", "Agnieszka", "Paweł", "Małgorzata", "Krzysztof", "Żaneta", "Stanisław", "Ewa"],
        family: &["Wiśniewski", "Zieliński", "Dąbrowska", "Wójcik", "Kamińska", "Gołębiowski", "Szczęsny", "Mazur"],
    },
    Names {
        language: "cs",
        dial: ("", 0),
        given: &["Jiří", "Tereza", "Ondřej", "Zdeňka", "Lukáš", "Eliška", "Vojtěch", "Božena"],
        family: &["Dvořák", "Procházková", "Černý", "Kučera", "Němcová", "Šimek", "Růžička", "Bartoš"],
    },
    Names {
        language: "sv",
        dial: ("", 0),
        given: &["Åsa", "Björn", "Linnéa", "Göran", "Saga", "Håkan", "Malin", "Östen"],
        family: &["Ångström", "Bergström", "Sjöberg", "Lindqvist", "Nyström", "Öberg", "Hedlund", "Wallin"],
    },
    Names {
        language: "pt-BR",
        dial: ("", 0),
        given: &["João", "Conceição", "Thiago", "Letícia", "Vinícius", "Mônica", "Caio", "Luíza"],
        family: &["Gonçalves", "Araújo", "Simões", "Magalhães", "Ribeiro", "Assunção", "Teixeira", "Falcão"],
    },
    Names {
        language: "tr",
        dial: ("", 0),
        given: &["Ayşe", "Çağlar", "İpek", "Oğuz", "Gülşen", "Işıl", "Mehmet", "Şule"],
        family: &["Yılmaz", "Öztürk", "Çelik", "Şahin", "Doğan", "Aydın", "Kılıç", "Güneş"],
    },
    Names {
        language: "ja",
        dial: ("", 0),
        given: &["美咲/Misaki", "健太/Kenta", "陽菜/Hina", "大輔/Daisuke", "さくら/Sakura", "翔/Sho"],
        family: &["佐藤/Sato", "鈴木/Suzuki", "高橋/Takahashi", "渡辺/Watanabe", "小林/Kobayashi", "中村/Nakamura"],
    },
    Names {
        language: "el",
        dial: ("", 0),
        given: &["Ελένη/Eleni", "Γιώργος/Giorgos", "Κατερίνα/Katerina", "Νίκος/Nikos", "Δέσποινα/Despina"],
        family: &["Παπαδόπουλος/Papadopoulos", "Νικολάου/Nikolaou", "Ιωάννου/Ioannou", "Γεωργίου/Georgiou"],
    },
    Names {
        language: "uk",
        dial: ("", 0),
        given: &["Олена/Olena", "Тарас/Taras", "Ірина/Iryna", "Богдан/Bohdan", "Наталія/Nataliia"],
        family: &["Шевченко/Shevchenko", "Коваленко/Kovalenko", "Бондаренко/Bondarenko", "Мельник/Melnyk"],
    },
];

/// Companies are called after one of each.
pub const COMPANY_HEADS: &[&str] = &[
    "Alder", "Birchwood", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Hollis", "Indigo", "Juniper", "Kestrel",
    "Lumen", "Meridian", "Nordlicht", "Orchard", "Pinnacle", "Quarry", "Rivière", "Sable", "Tundra", "Umbra", "Verde",
    "Willow", "Xenon", "Yarrow", "Zephyr",
];
pub const COMPANY_TAILS: &[&str] = &[
    "Logistics", "Foods", "Architects", "Instruments", "Media", "Energy", "Textiles", "Clinics", "Publishing",
    "Robotics", "Travel", "Furniture", "Consulting", "Brewery", "Mobility",
];
pub const TIME_ZONES: &[&str] = &[
    "Europe/London", "America/New_York", "Europe/Berlin", "Europe/Paris", "Europe/Madrid", "America/Sao_Paulo",
    "Asia/Tokyo", "Europe/Stockholm",
];
