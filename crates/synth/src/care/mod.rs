//! Care over the years: the visits of one person in order, each with what is due at it.

mod acute;
mod background;
mod body;
mod child;
mod immunization;
mod laboratory;
mod note;
mod observation;
mod plan;
mod pregnancy;
mod procedure;
mod screening;
mod treatment;
mod visit;

pub(crate) use body::{Body, Constitution, Smoking};
pub(crate) use laboratory::order;
pub(crate) use observation::survey;
pub(crate) use plan::consult;
pub(crate) use procedure::{Study, perform, study};
pub(crate) use treatment::{course, diagnose, renew, start, stop};
pub(crate) use visit::{Kind, Visit};

use crate::chart::Chart;
use crate::date::Date;
use crate::disease::{self, Disease};
use crate::people::{self, Person, Sex};
use crate::practice::Practice;
use crate::random::whole;
use pregnancy::{Pregnancy, WEEKS};
use screening::Screening;

/// The resources of a person: at most about so many. `pace` is how much more often than usual the person comes.
pub(crate) fn history(practice: &Practice, person: &Person, pace: f64, limit: usize) -> Vec<fhir::Value> {
    let mut chart = Chart::new(practice, person);
    people::resources(&mut chart);
    let end = person.end(practice);
    let mut course = Course::new(&mut chart, pace, limit < usize::MAX);
    let mut last = None;
    while let Some((kind, on)) = course.next(&mut chart, end) {
        course.attend(&mut chart, kind, on, last.is_none());
        last = Some(on);
        if chart.len() + 8 >= limit {
            break;
        }
    }
    plan::conclude(&mut chart, last);
    chart.into_resources()
}

/// What lies ahead of a person and what goes on.
struct Course {
    constitution: Constitution,
    diseases: Vec<Box<dyn Disease>>,
    pregnancies: Vec<Pregnancy>,
    screening: Screening,
    /// Prenatal and postpartum visits still to come, earliest last.
    appointed: Vec<(Kind, Date)>,
    check_up: Date,
    follow_up: Option<Date>,
    illness: Date,
    last: Option<Date>,
    pace: f64,
}

impl Course {
    fn new(chart: &mut Chart, pace: f64, crowded: bool) -> Self {
        let person = chart.person.clone();
        let constitution = Constitution::of(&person);
        let end = person.end(chart.practice);
        let diseases = disease::draw(&person, &constitution, end, crowded);
        let pregnancies = pregnancies(chart, &person);
        let mut appointed: Vec<(Kind, Date)> = pregnancies
            .iter()
            .flat_map(|one| {
                let after = (Kind::Postpartum, one.week(46));
                WEEKS.iter().map(|week| (Kind::Prenatal(*week), one.week(*week))).chain([after])
            })
            .filter(|(_, on)| *on >= person.joined)
            .collect();
        appointed.sort_by_key(|(_, on)| std::cmp::Reverse(*on));
        let first = person.joined.on_weekday();
        let wait = illness_wait(chart, person.age(first), pace);
        Self {
            constitution,
            diseases,
            pregnancies,
            screening: Screening::default(),
            appointed,
            check_up: first,
            follow_up: None,
            illness: first.plus_days(wait),
            last: None,
            pace,
        }
    }

    /// The next visit, if there is one before the end.
    fn next(&mut self, chart: &mut Chart, end: Date) -> Option<(Kind, Date)> {
        let mut choices = vec![(0, self.check_up), (2, self.illness)];
        choices.extend(self.follow_up.map(|on| (1, on)));
        choices.extend(self.appointed.last().map(|(_, on)| (3, *on)));
        let (which, on) = choices.into_iter().min_by_key(|(_, on)| *on)?;
        let kind = match which {
            0 => Kind::Wellness,
            1 if on > Date::of(2020, 3, 20) && chart.random.chance(0.12) => Kind::Video,
            1 => Kind::FollowUp,
            2 => {
                let age = on.years_since(chart.person.birth);
                let person = chart.person.clone();
                Kind::Acute(acute::complaint(&mut chart.random, &person, age))
            }
            _ => self.appointed.pop()?.0,
        };
        // No two visits on a day.
        let after = self.last.map_or(on, |last| last.plus_days(1));
        let on = on.max(after).on_weekday();
        self.last = Some(on);
        if on > end {
            return None;
        }
        self.set_next(chart, kind, on);
        Some((kind, on))
    }

    fn set_next(&mut self, chart: &mut Chart, kind: Kind, on: Date) {
        let months = on.age_months(chart.person.birth);
        match kind {
            Kind::Wellness => self.check_up = next_check_up(chart, on, months, self.pace),
            Kind::Acute(_) => self.illness = on.plus_days(illness_wait(chart, months / 12, self.pace)),
            _ => {}
        }
        if matches!(kind, Kind::Wellness | Kind::FollowUp | Kind::Video) {
            let interval = self
                .diseases
                .iter()
                .filter(|disease| disease.onset() <= on)
                .filter_map(|disease| disease.follow_up_days())
                .min();
            self.follow_up = interval.map(|days| {
                let kept = f64::from(days) * chart.random.normal(1.5, 0.35).max(0.7) / self.pace;
                on.plus_days(whole(kept).max(2))
            });
        }
    }

    fn attend(&mut self, chart: &mut Chart, kind: Kind, on: Date, is_first: bool) {
        let mut body = Body::at(&chart.person, &self.constitution, on);
        for disease in self.diseases.iter().filter(|disease| disease.onset() <= on) {
            disease.affect(&mut body, on);
        }
        let mut visit = Visit::begin(chart, body, kind, on);
        for pregnancy in &self.pregnancies {
            pregnancy.affect(&mut visit);
        }
        if let Kind::Acute(complaint) = kind {
            acute::fall_ill(&mut visit, complaint);
        }
        if visit.in_person() {
            observation::vitals(&mut visit);
        }
        if is_first {
            background::take(&mut visit);
        }
        self.examine(&mut visit, kind);
        immunization::give_due(&mut visit);
        renew(&mut visit);
        visit.end();
    }

    fn examine(&mut self, visit: &mut Visit, kind: Kind) {
        match kind {
            Kind::Acute(complaint) => acute::attend(visit, complaint),
            Kind::Prenatal(week) => {
                if let Some(one) = self
                    .pregnancies
                    .iter()
                    .find(|one| one.week(week) <= visit.date() && visit.date() <= one.birth().plus_days(9))
                {
                    one.attend(visit, week);
                }
            }
            Kind::Postpartum => {
                if let Some(one) = self.pregnancies.iter().rev().find(|one| one.birth() <= visit.date()) {
                    one.attend_after(visit);
                }
            }
            Kind::Wellness if visit.age() < 18.0 => child::attend(visit),
            Kind::Wellness => check_up(visit),
            Kind::FollowUp | Kind::Video => visit.note.chief = "Follow-up of chronic conditions".into(),
        }
        if matches!(kind, Kind::Wellness | Kind::FollowUp | Kind::Video) {
            let on = visit.date();
            for disease in self.diseases.iter_mut().filter(|disease| disease.onset() <= on) {
                disease.attend(visit);
            }
        }
        self.screening.attend(visit, &self.constitution);
    }
}

fn check_up(visit: &mut Visit) {
    visit.note.chief = "Annual wellness visit".into();
    let feeling = [
        "Feels well, no new concerns.",
        "Doing well overall, a bit tired lately.",
        "No complaints today. Walks most days.",
    ];
    let sentence = *visit.random().pick(&feeling);
    visit.note.history.push(sentence.into());
    let heart = if visit.chart.problem("atrial_fibrillation").is_some() { "" } else { "Heart regular. " };
    visit.see(&format!("Well appearing. {heart}Lungs clear, abdomen soft."));
    let bmi = visit.body.bmi();
    visit.note.plan("Health maintenance", format!("BMI {bmi:.1}. Diet, activity and sleep reviewed."));
}

/// Children by the schedule; grown-ups about once a year, the young more rarely.
fn next_check_up(chart: &mut Chart, on: Date, months: i32, pace: f64) -> Date {
    if months < 216 {
        let wait = f64::from(child::months_to_next(months)) / pace.min(1.0);
        let due = on.plus_months(whole(wait));
        return if months < 36 {
            due.plus_days(chart.random.between(0, 9))
        } else {
            due.plus_days(chart.random.between(0, 120))
        };
    }
    let usual = match months / 12 {
        ..30 => 800.0,
        30..50 => 620.0,
        _ => 440.0,
    };
    on.plus_days(whole((usual * chart.random.normal(1.0, 0.2).max(0.6) / pace).max(20.0)))
}

/// Days until the next illness that brings someone in.
fn illness_wait(chart: &mut Chart, age: i32, pace: f64) -> i32 {
    let mean = match age {
        ..3 => 330.0,
        3..10 => 560.0,
        10..18 => 1100.0,
        18..65 => 1400.0,
        _ => 1100.0,
    };
    whole(chart.random.wait(mean) / pace).max(3)
}

/// The pregnancies of a mother are those of her children here; a few other young women are pregnant now.
fn pregnancies(chart: &mut Chart, person: &Person) -> Vec<Pregnancy> {
    let today = chart.practice.settings.today;
    if person.sex == Sex::Male || person.mother.is_some() {
        return Vec::new();
    }
    let mut births: Vec<Date> = (person.index.saturating_add(1)..person.index.saturating_add(8))
        .map(|index| Person::of(chart.practice, index))
        .take_while(|other| other.phone == person.phone || other.address.line == person.address.line)
        .filter(|other| other.mother == Some(person.index))
        .map(|child| child.birth)
        .collect();
    births.sort_unstable();
    births.dedup();
    let mut all: Vec<Pregnancy> = births.into_iter().map(Pregnancy::of_child).collect();
    if (22..40).contains(&person.age(today)) && chart.random.chance(0.06) {
        let began = today.plus_days(-chart.random.between(70, 270));
        if all.iter().all(|other| began.days() - other.birth().days() > 180) {
            all.push(Pregnancy { began });
        }
    }
    all
}
