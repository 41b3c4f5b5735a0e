//! Words of the narrative (`_text`) and of the whole resource (`_content`) (R4 search §3.1.1.5.8).
//!
//! Words that follow each other must all be there; `OR` stands between alternatives; a phrase in quotes must be there as
//! it stands; `-word` or `NOT word` must not be there. A word ending in `*` stands for its beginning.

use crate::fold::fold;
use fhir::{Kind, Node};

/// Where words are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordPlace {
    /// The narrative.
    Narrative,
    /// Every text of the resource.
    Anywhere,
}

/// A condition on words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordTest {
    /// Where.
    pub place: WordPlace,
    /// At least one of these holds; in each, all terms hold.
    pub any_of: Vec<Vec<Term>>,
}

/// A word or phrase that must, or must not, be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The words, folded, one space between.
    pub words: String,
    /// True when it must not be there.
    pub absent: bool,
    /// True when the last word may go on.
    pub open: bool,
}

impl WordTest {
    /// Reads words.
    pub(crate) fn parse(place: WordPlace, text: &str) -> Result<Self, String> {
        let mut any_of = vec![Vec::new()];
        let mut absent = false;
        for (word, quoted) in words_of(text) {
            match word {
                "OR" | "or" if !quoted => any_of.push(Vec::new()),
                "AND" | "and" if !quoted => {}
                "NOT" | "not" if !quoted => absent = true,
                _ => {
                    let (word, minus) = match word.strip_prefix('-') {
                        Some(rest) if !quoted => (rest, true),
                        _ => (word, false),
                    };
                    let term = Term {
                        words: fold(word).into_owned(),
                        absent: absent || minus,
                        open: !quoted && word.ends_with('*'),
                    };
                    absent = false;
                    if let Some(terms) = any_of.last_mut().filter(|_| !term.words.is_empty()) {
                        terms.push(term);
                    }
                }
            }
        }
        if any_of.iter().any(Vec::is_empty) {
            return Err("words are missing; write words, \"a phrase\", OR between alternatives".to_owned());
        }
        Ok(Self { place, any_of })
    }

    /// The words without which nothing matches, by alternative; `None` when an alternative needs none.
    pub fn needed(&self) -> Option<Vec<Vec<NeededWord>>> {
        let of_term = |term: &Term| {
            let words: Vec<&str> = term.words.split(' ').collect();
            let last = words.len().saturating_sub(1);
            let word = |(at, word): (usize, &str)| NeededWord {
                word: word.to_owned(),
                is_beginning: term.open && at == last,
            };
            words.into_iter().enumerate().map(word).collect::<Vec<_>>()
        };
        let of_alternative = |terms: &Vec<Term>| {
            let needed: Vec<_> = terms.iter().filter(|term| !term.absent).flat_map(of_term).collect();
            (!needed.is_empty()).then_some(needed)
        };
        self.any_of.iter().map(of_alternative).collect()
    }

    /// Whether the resource has the words.
    pub(crate) fn holds(&self, resource: Node<'_>) -> bool {
        let mut text = String::from(" ");
        match self.place {
            WordPlace::Narrative => {
                if let Some(narrative) = resource.at_path(&["text", "div"]).and_then(Node::as_str) {
                    append(&mut text, &without_markup(&narrative));
                }
            }
            WordPlace::Anywhere => gather(resource, &mut text),
        }
        self.any_of.iter().any(|terms| terms.iter().all(|term| term.is_in(&text) != term.absent))
    }
}

/// A word that a resource must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededWord {
    /// The word, folded.
    pub word: String,
    /// True when it may go on.
    pub is_beginning: bool,
}

/// All words of a resource, folded, with one space between: what an index of words is made of. The words of the whole
/// resource are those of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceWords {
    /// Those of the narrative.
    pub narrative: String,
    /// All others.
    pub elsewhere: String,
}

impl ResourceWords {
    /// The words of a resource.
    pub fn of(resource: Node<'_>) -> Self {
        let mut words = Self::default();
        for (name, member) in resource.members() {
            let narrative = member.get_str("div").filter(|_| name == "text");
            match narrative {
                Some(narrative) => {
                    append(&mut words.narrative, &without_markup(&narrative));
                    // What is no markup is read as it stands among the other texts.
                    let kept = |(name, _): &(_, Node<'_>)| *name != "div" || !narrative.starts_with('<');
                    let others = member.members().filter(kept);
                    others.for_each(|(_, member)| gather(member, &mut words.elsewhere));
                }
                None => gather(member, &mut words.elsewhere),
            }
        }
        words
    }
}

impl Term {
    /// Whether folded text with spaces around each word has it.
    fn is_in(&self, text: &str) -> bool {
        let end = if self.open { "" } else { " " };
        text.contains(&format!(" {}{end}", self.words))
    }
}

/// Words and quoted phrases, with whether they were quoted.
fn words_of(text: &str) -> Vec<(&str, bool)> {
    let mut words = Vec::new();
    for (at, piece) in text.split('"').enumerate() {
        if at % 2 == 1 {
            words.push((piece, true));
        } else {
            words.extend(piece.split_whitespace().map(|word| (word, false)));
        }
    }
    words
}

fn append(text: &mut String, found: &str) {
    let folded = fold(found);
    if !folded.is_empty() {
        text.push_str(&folded);
        text.push(' ');
    }
}

/// All texts below a node, a phrase never running from one into the next by accident of order alone.
fn gather(node: Node<'_>, text: &mut String) {
    match node.kind() {
        Kind::String => {
            if let Some(found) = node.as_str() {
                append(
                    text,
                    if found.starts_with('<') { without_markup(&found) } else { found.into_owned() }.as_str(),
                );
            }
        }
        Kind::Object => node.members().for_each(|(_, member)| gather(member, text)),
        Kind::Array => node.items().for_each(|item| gather(item, text)),
        Kind::Null | Kind::Bool | Kind::Number => {}
    }
}

/// The text of XHTML: tags become spaces, the common entities what they stand for.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for character in html.chars() {
        match character {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    for (entity, plain) in
        [("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&#160;", " "), ("&quot;", "\""), ("&amp;", "&")]
    {
        if text.contains(entity) {
            text = text.replace(entity, plain);
        }
    }
    text
}
