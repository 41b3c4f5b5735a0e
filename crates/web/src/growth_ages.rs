//! The ages that a growth chart is drawn for, and which of them are shown.

use clinic::chart::growth::{Growth, Measured};
use clinic::growth::{GestationalAge, Kind, Place, Reference, Sex};

/// Ages that are drawn together.
#[derive(Debug)]
pub(crate) struct Ages {
    /// Their name in an address.
    pub key: &'static str,
    /// Their name.
    pub name: &'static str,
    /// Whose charts they are on.
    pub reference: Reference,
    /// The first of them, in the reference's unit.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// How far the marks on the axis lie apart.
    pub step: f64,
    /// The kinds of charts that have no wider ones at these ages; empty: all have them.
    only: &'static [&'static str],
}

/// All of them. Where several hold an age, the first is shown: what was measured in few weeks needs a wide axis.
#[rustfmt::skip]
const AGES: [Ages; 6] = [
    Ages { key: "preterm", name: "Preterm", reference: Reference::Fenton, from: 22.0, to: 50.0, step: 4.0, only: &[] },
    Ages { key: "6mo", name: "0–6 mo", reference: Reference::WhoChild, from: 0.0, to: 6.0, step: 1.0, only: &[] },
    Ages { key: "2y", name: "0–2 y", reference: Reference::WhoChild, from: 0.0, to: 24.0, step: 3.0, only: &[] },
    Ages { key: "3y", name: "2–3 y", reference: Reference::Cdc, from: 24.0, to: 36.0, step: 3.0, only: &["head"] },
    Ages { key: "6y", name: "2–6 y", reference: Reference::Cdc, from: 24.0, to: 72.0, step: 12.0, only: &[] },
    Ages { key: "20y", name: "2–20 y", reference: Reference::Cdc, from: 24.0, to: 240.0, step: 24.0, only: &[] },
];

impl Ages {
    /// Those that there is a chart for, the preterm ones only for a child born early.
    pub(crate) fn of(kind: &Kind, sex: Sex, growth: &Growth) -> Vec<&'static Self> {
        let is_preterm = growth.gestation.is_some_and(GestationalAge::is_preterm);
        let is_covered = |ages: &Self| {
            let covered = ages.reference.ages(kind.measure(ages.reference), sex);
            covered.is_some_and(|covered| *covered.start() <= ages.from && ages.to <= *covered.end())
        };
        let is_meant = |ages: &Self| {
            (ages.only.is_empty() || ages.only.contains(&kind.key))
                && (is_preterm || ages.reference != Reference::Fenton)
        };
        AGES.iter().filter(|ages| is_meant(ages) && is_covered(ages)).collect()
    }

    /// The ones to show: those with the name; else the present age's, unless nothing was measured at them; else those of
    /// the newest measurement.
    pub(crate) fn choose(
        among: &[&'static Self],
        key: &str,
        growth: &Growth,
        measured: &[Measured],
    ) -> Option<&'static Self> {
        let holding = |place: Option<Place>| among.iter().find(|ages| place.is_some_and(|at| ages.holds(at)));
        let named = among.iter().find(|ages| ages.key == key);
        let has_points = |ages: &Self| measured.iter().any(|one| ages.point(one).is_some());
        let present = holding(growth.place);
        let newest = || measured.iter().find_map(|one| holding(one.place));
        let chosen = named.or_else(|| present.filter(|ages| has_points(ages)));
        chosen.or_else(newest).or(present).copied()
    }

    fn holds(&self, place: Place) -> bool {
        place.reference == self.reference && (self.from..=self.to).contains(&place.age)
    }

    /// Age and value of a measurement, when it is a point of this chart.
    pub(crate) fn point(&self, measured: &Measured) -> Option<(f64, f64)> {
        let place = measured.place.filter(|place| self.holds(*place))?;
        Some((place.age, measured.value?))
    }
}
