//! Reads a line from its start to its end: the drug, then parts in any order, and what is none of them.

use super::dose::{Dose, Strength};
use super::rules::{self, Found};
use super::timing::{Frequency, Pattern, When};
use super::token::{self, Kind, Token};
use super::{AsNeeded, LENGTH_MAX, Notice, Reading, Unread, forbidden};

const UNKNOWN: &str = "this could not be read; write it in other words, or put it into the note";
const TWICE: &str = "this was said before, and differs; write one of both";
const TOO_LONG: &str = "the line is too long; shorten it";
const DECIMAL: &str = "this is no number that is read here; write digits with a decimal point, such as 1.5";

/// Words that say nothing, behind the drug.
const SILENT: [&str; 6] = ["and", "the", "of", "a", "then", "with"];
const SILENT_SIGNS: &str = ",;.:()&-\u{2013}\u{2014}";

/// An amount that may be a strength or a dose.
struct Measured {
    dose: Dose,
    is_marked: bool,
    /// Its first token, and how many there are.
    place: (usize, usize),
}

struct Reader<'a> {
    line: &'a str,
    tokens: &'a [Token<'a>],
    reading: Reading,
    drug: Vec<String>,
    is_behind_drug: bool,
    next_is_dose: bool,
    pattern: Option<Pattern>,
    when: Vec<When>,
    measured: Vec<Measured>,
}

/// Reads a line.
pub fn read(line: &str) -> Reading {
    let end = line.char_indices().nth(LENGTH_MAX).map_or(line.len(), |(index, _)| index);
    let (line, beyond) = line.split_at(end);
    let tokens = token::tokens(line);
    let reading = Reading::default();
    let mut reader = Reader {
        line,
        tokens: &tokens,
        reading,
        drug: Vec::new(),
        is_behind_drug: false,
        next_is_dose: false,
        pattern: None,
        when: Vec::new(),
        measured: Vec::new(),
    };
    reader.read_tokens();
    let mut reading = reader.finished();
    if !beyond.trim().is_empty() {
        let unread = Unread { position: LENGTH_MAX + 1, text: beyond.to_owned(), remedy: TOO_LONG };
        reading.unread.push(unread);
    }
    reading
}

impl Reader<'_> {
    fn read_tokens(&mut self) {
        let mut index = 0;
        while let Some(rest) = self.tokens.get(index..).filter(|rest| !rest.is_empty()) {
            let taken = if let Some((found, length)) = rules::at(rest) {
                self.is_behind_drug = true;
                self.take(found, index, length);
                length
            } else {
                self.other(index, rest)
            };
            index += taken;
        }
    }

    /// What no rule reads: a word of the drug, something that says nothing, or a piece to give back.
    fn other(&mut self, index: usize, rest: &[Token<'_>]) -> usize {
        let first = &rest[0];
        if !self.is_behind_drug
            && first.is_apart
            && let Some((word, length)) = rules::drug_word(rest)
        {
            self.drug.push(word);
            return length;
        }
        // The drug's words stand together: brought together later, they could be read as something else.
        self.is_behind_drug = true;
        let is_silent = match first.kind {
            Kind::Sign => SILENT_SIGNS.contains(first.text),
            Kind::Word => {
                SILENT.contains(&first.word.as_str()) && rest.get(1).is_none_or(|next| next.is_apart)
            }
            Kind::Number => false,
        };
        if is_silent {
            return 1;
        }
        let length = rules::chunk_length(rest);
        let is_number = first.text.starts_with(char::is_numeric);
        self.unread((index, length), if is_number { DECIMAL } else { UNKNOWN });
        length
    }

    fn take(&mut self, found: Found, index: usize, length: usize) {
        let place = (index, length);
        let sig = &mut self.reading.sig;
        let is_kept = match found {
            Found::Quantity(quantity) => keep(&mut sig.quantity, quantity),
            Found::Refills(refills) => keep(&mut sig.refills, refills),
            Found::Duration(duration) => keep(&mut sig.duration, duration),
            Found::Route(route) => keep(&mut sig.route, route),
            Found::Form(form) => keep(&mut sig.form, form),
            Found::Strength(strength) => keep(&mut sig.strength, strength),
            Found::Pattern(pattern) => keep(&mut self.pattern, pattern),
            Found::AsNeeded(reason) => {
                keep(&mut sig.as_needed, reason.map_or(AsNeeded::Unstated, AsNeeded::For))
            }
            Found::When(when) => {
                self.when.push(when);
                true
            }
            Found::Dose(dose) => {
                let is_marked = std::mem::take(&mut self.next_is_dose);
                self.measured.push(Measured { dose, is_marked, place });
                true
            }
            Found::DoseMark => {
                self.next_is_dose = true;
                true
            }
            Found::Verb => true,
            Found::Refused(remedy) => return self.unread(place, remedy),
        };
        if !is_kept {
            self.unread(place, TWICE);
        }
    }

    fn unread(&mut self, (index, length): (usize, usize), remedy: &'static str) {
        let tokens = &self.tokens[index..index + length];
        let start = tokens.first().map_or(1, |token| token.position);
        let end = tokens.last().map_or(start, |token| token.position + token.text.chars().count());
        let text = self.line.chars().skip(start - 1).take(end - start).collect();
        self.reading.unread.push(Unread { position: start, text, remedy });
    }

    fn finished(mut self) -> Reading {
        self.reading.sig.drug = rules::joined(&self.drug);
        self.reading.sig.frequency = Frequency::new(self.pattern, &self.when);
        self.settle_measures();
        for token in self.tokens {
            let notice = forbidden::notice(token).map(|text| Notice { position: token.position, text });
            self.reading.notices.extend(notice);
        }
        self.tell_what_is_missing();
        self.reading.unread.sort_by_key(|unread| unread.position);
        self.reading
    }

    /// Which amount is the dose, and which the strength: a marked one is the dose; of two, the first is the strength.
    fn settle_measures(&mut self) {
        let mut measured = std::mem::take(&mut self.measured);
        let marked = measured.iter().position(|one| one.is_marked).map(|index| measured.remove(index));
        let may_be_strength = |one: &Measured| {
            one.dose.high().is_none() && one.dose.unit().is_none_or(super::unit::Unit::is_of_strength)
        };
        let has_two = measured.len() + usize::from(marked.is_some()) > 1;
        let sig = &mut self.reading.sig;
        if sig.strength.is_none() && has_two && measured.first().is_some_and(may_be_strength) {
            let dose = measured.remove(0).dose;
            sig.strength = Strength::new(vec![dose.low()], dose.unit(), None);
        }
        let mut rest = measured.into_iter();
        let dose = marked.or_else(|| rest.next()).map(|one| one.dose);
        let unit = sig.form.and_then(super::form::Form::unit).filter(|_| sig.strength.is_some());
        sig.dose = match (dose, unit) {
            (Some(dose), Some(unit)) => Some(dose.in_unit(unit)),
            (dose, _) => dose,
        };
        for left in rest {
            self.unread(left.place, TWICE);
        }
    }

    fn tell_what_is_missing(&mut self) {
        let sig = &self.reading.sig;
        let has_no_unit = sig.dose.is_some_and(|dose| dose.unit().is_none())
            || sig.strength.as_ref().is_some_and(|strength| strength.unit().is_none());
        let missing = [
            (sig.drug.is_empty(), "no drug is named; write it first"),
            (has_no_unit, "an amount has no unit; write mg, mcg, mL, tab or another"),
            (
                sig.dose.is_none() && sig.strength.is_some() && !sig.is_applied(),
                "no dose is given; write how much is taken at once",
            ),
            (sig.frequency.is_none() && sig.as_needed.is_none(), "it is not said how often"),
        ];
        let position = self.line.chars().count() + 1;
        let notices = missing.iter().filter(|(is_missing, _)| *is_missing);
        self.reading.notices.extend(notices.map(|(_, text)| Notice { position, text: (*text).to_owned() }));
    }
}

/// Puts a value where none is yet; tells whether the place now holds it.
fn keep<T: PartialEq + Clone>(place: &mut Option<T>, value: T) -> bool {
    *place.get_or_insert_with(|| value.clone()) == value
}
