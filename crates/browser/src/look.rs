//! How somebody looks at the desk.

/// The window, the colours and the language of a browser.
#[derive(Clone, Copy)]
pub struct Look {
    /// CSS pixels.
    pub width: u32,
    pub height: u32,
    /// Device pixels to a CSS pixel.
    pub scale: f64,
    /// A touch screen that lays pages out by their `viewport`.
    pub is_phone: bool,
    pub is_dark: bool,
    /// `Accept-Language`, and how the browser writes numbers and dates.
    pub language: &'static str,
    pub zone: &'static str,
    pub runs_scripts: bool,
    /// Whether things may move: off, so that what is looked at stands still.
    pub moves: bool,
}

impl Default for Look {
    fn default() -> Look {
        Look {
            width: 1280,
            height: 900,
            scale: 1.0,
            is_phone: false,
            is_dark: false,
            language: "en",
            zone: "Europe/Berlin",
            runs_scripts: true,
            moves: false,
        }
    }
}

impl Look {
    pub fn phone() -> Look {
        Look { width: 360, height: 740, scale: 2.0, is_phone: true, ..Look::default() }
    }

    pub fn dark(self) -> Look {
        Look { is_dark: true, ..self }
    }

    pub fn german(self) -> Look {
        Look { language: "de", ..self }
    }

    pub fn without_scripts(self) -> Look {
        Look { runs_scripts: false, ..self }
    }
}
