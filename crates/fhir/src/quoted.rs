//! Texts from outside in messages.

/// A text for a message in quotes: whole when short, its beginning otherwise; controls as escapes.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(escaped).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("'{shown}'")
}

fn escaped(letter: char) -> impl Iterator<Item = char> {
    let control = letter.is_control().then(|| letter.escape_default());
    let plain = control.is_none().then_some(letter);
    control.into_iter().flatten().chain(plain)
}
