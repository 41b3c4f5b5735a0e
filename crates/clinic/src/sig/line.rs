//! The line of a medication list, part by part.

use super::Sig;

/// A part of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePart {
    /// Which part.
    pub kind: PartKind,
    /// Its words.
    pub text: String,
}

/// The parts, in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// The drug.
    Name,
    /// How much is in one unit of the product.
    Strength,
    /// The product's form.
    Form,
    /// How much is taken at once, behind the word `DOSE`, so that no strength is taken for it.
    Dose,
    /// By which route.
    Route,
    /// How often, and whether as needed.
    Frequency,
    /// For how long.
    Duration,
    /// How much is dispensed.
    Quantity,
    /// How often again.
    Refills,
}

/// What stands between the parts.
const BETWEEN: &str = " \u{2014} ";

impl Sig {
    /// The parts that there are, in their order.
    pub fn line(&self) -> Vec<LinePart> {
        let parts = [
            (PartKind::Name, Some(self.drug.clone()).filter(|drug| !drug.is_empty())),
            (PartKind::Strength, self.strength.as_ref().map(ToString::to_string)),
            (PartKind::Form, self.form.map(|form| form.name().to_owned())),
            (PartKind::Dose, self.dose.map(|dose| format!("DOSE {dose}"))),
            (PartKind::Route, self.route.map(|route| route.name().to_owned())),
            (PartKind::Frequency, self.how_often()),
            (PartKind::Duration, self.duration.map(|duration| format!("for {duration}"))),
            (PartKind::Quantity, self.quantity.map(|quantity| quantity.to_string())),
            (PartKind::Refills, self.refills.map(|refills| format!("refills {refills}"))),
        ];
        parts.into_iter().filter_map(|(kind, text)| Some(LinePart { kind, text: text? })).collect()
    }

    /// The product in words: drug, strength and form.
    pub fn product(&self) -> String {
        const OF_PRODUCT: [PartKind; 3] = [PartKind::Name, PartKind::Strength, PartKind::Form];
        let parts = self.line().into_iter().filter(|part| OF_PRODUCT.contains(&part.kind));
        parts.map(|part| part.text).collect::<Vec<_>>().join(" ")
    }

    /// The line as one text. Parsed again it gives the same sig.
    pub fn line_text(&self) -> String {
        let texts: Vec<String> = self.line().into_iter().map(|part| part.text).collect();
        texts.join(BETWEEN)
    }
}
