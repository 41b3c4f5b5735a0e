//! How abnormal values are marked: glyph, letter and colour together, and nothing at all for normal ones.

use clinic::chart::observation::Flag;

/// The mark of a flag.
pub(crate) struct Mark {
    /// The style's class; empty for normal.
    pub class: &'static str,
    /// Glyph and letter; empty for normal.
    pub text: &'static str,
    /// For those who hear the page.
    pub words: &'static str,
}

/// The mark that belongs to a flag.
pub(crate) fn mark(flag: &Flag) -> Mark {
    let (class, text, words) = match flag {
        Flag::None => ("", "", ""),
        Flag::High => ("flag high", "▲ H", "high"),
        Flag::Low => ("flag low", "▼ L", "low"),
        Flag::CriticalHigh => ("flag critical", "‼ HH Critical", "critically high"),
        Flag::CriticalLow => ("flag critical", "‼ LL Critical", "critically low"),
        Flag::Abnormal => ("flag abnormal", "◆ A", "abnormal"),
    };
    Mark { class, text, words }
}
