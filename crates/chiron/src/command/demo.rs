//! `chiron demo`: a synthetic practice, made once, kept up to date, and served.

use crate::arguments::DemoArguments;
use crate::config::Config;
use crate::event::{Emit, Event};
use crate::practice::Practice;
use crate::{command, server};
use anyhow::{Context, Result, ensure};
use record::Session;
use std::time::Instant;
use synth::{Date, Moment, Settings};

/// Where the demo's data is unless said otherwise.
pub const FOLDER: &str = "chiron-demo";

/// What a demo was made of, so that it can be carried on: beside the data, in the folder.
const SEED_FILE: &str = "demo.json";
/// The schedule reaches this far around today.
const DAYS_BACK: i32 = 7;
const DAYS_AHEAD: i32 = 21;

/// Makes the practice if it is not there, rolls its schedule to today, and serves it.
pub fn run(config: &Config, arguments: &DemoArguments, emit: &mut Emit<'_>) -> Result<()> {
    server::check_address(config)?;
    let practice = Practice::open(config)?;
    make(&practice, arguments, now()?, emit)?;
    if arguments.only_make {
        return Ok(());
    }
    command::serve::serve(config, practice, emit, |practice, emit| greet(config, practice, emit))
}

fn make(practice: &Practice, arguments: &DemoArguments, now: Moment, emit: &mut Emit<'_>) -> Result<()> {
    let seed_file = practice.data.join(SEED_FILE);
    let session = practice.session();
    let mut made = match std::fs::read_to_string(&seed_file) {
        Ok(text) => {
            let made = Made::parse(&text).with_context(|| format!("reading {}", seed_file.display()))?;
            if made.is_other_than(arguments) {
                emit(Event::Line(made.stays_as_it_is(practice)));
            }
            made
        }
        Err(_) => {
            refuse_other_data(practice, &session)?;
            let made = Made::of(arguments, now.date);
            std::fs::write(&seed_file, made.to_json())?;
            made
        }
    };
    let settings =
        Settings { seed: made.seed, patients: made.patients, ..Settings::demo(Date::from_days(made.day)) };
    let generator = synth::Practice::new(settings);
    if !made.is_complete {
        let started = Instant::now();
        let count = command::synth::write(&session, &generator.foundation())?
            + command::synth::write_patients(&session, &generator, 0..made.patients, emit)?;
        made.is_complete = true;
        std::fs::write(&seed_file, made.to_json())?;
        let seconds = started.elapsed().as_secs_f64();
        emit(Event::Line(format!(
            "made a practice of {} patients: {count} resources in {seconds:.1} s",
            made.patients
        )));
    }
    write_schedule(&session, &generator, now)?;
    Ok(())
}

/// People who are made up do not go among others.
fn refuse_other_data(practice: &Practice, session: &Session) -> Result<()> {
    ensure!(
        !command::synth::has_patient(session, &[("_count", "1")])?,
        "{} holds patients and is no demo; name another folder with --data, or look at this one with chiron serve",
        practice.data.display()
    );
    Ok(())
}

/// Appointments around today; those that are there already stay as they are.
fn write_schedule(session: &Session, generator: &synth::Practice, now: Moment) -> Result<()> {
    for bundle in generator.schedule(now.date.plus_days(-DAYS_BACK), now.date.plus_days(DAYS_AHEAD), now) {
        command::synth::write(session, &bundle)?;
    }
    Ok(())
}

fn greet(config: &Config, practice: &Practice, emit: &mut Emit<'_>) -> Result<()> {
    let (base, code) = (config.base_url()?, command::token::make_code(practice, false)?);
    let guest = command::token::make_code(practice, true)?;
    let data = practice.data.display();
    let lines = [
        String::new(),
        format!("  Open     {base}"),
        format!("  Sign in  with the code  {code}"),
        format!("           or, to look only,  {guest}"),
        String::new(),
        "  Three things to try:".to_owned(),
        "  1. Type a name and an initial into the patient search, such as \"smi j\", and open a chart."
            .to_owned(),
        "  2. In the chart, follow a result to its trend.".to_owned(),
        format!("  3. Ask the FHIR API:  chiron token --data {data} --scope 'system/*.rs', then"),
        format!("     curl -H 'Authorization: Bearer TOKEN' '{base}/fhir/Patient?_count=3&_pretty=true'"),
        String::new(),
        "  Everyone in it is made up. Ctrl-C ends it; the data stays.".to_owned(),
    ];
    for line in lines {
        emit(Event::Line(line));
    }
    Ok(())
}

/// Now by the clock on the practice's wall.
fn now() -> Result<Moment> {
    let now = jiff::Zoned::now();
    let date = command::synth::day(now.date())?;
    Ok(Moment { date, minute: i32::from(now.hour()) * 60 + i32::from(now.minute()) })
}

/// What the data is made with. It is written before the data, so that a demo that was cut off is carried on as begun.
struct Made {
    seed: u64,
    patients: u32,
    /// Days since 1970.
    day: i32,
    is_complete: bool,
}

impl Made {
    fn of(arguments: &DemoArguments, today: Date) -> Self {
        Self {
            seed: arguments.seed.unwrap_or(1),
            patients: arguments.patients.unwrap_or(500),
            day: today.days(),
            is_complete: false,
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        let number = |name: &str| value[name].as_u64().with_context(|| format!("{name} is missing"));
        let day = i32::try_from(number("day")?)?;
        let patients = u32::try_from(number("patients")?)?;
        Ok(Self { seed: number("seed")?, patients, day, is_complete: value["complete"] != false })
    }

    fn to_json(&self) -> String {
        let Self { seed, patients, day, is_complete } = self;
        serde_json::json!({ "seed": seed, "patients": patients, "day": day, "complete": is_complete })
            .to_string()
    }

    /// Whether another practice than this is asked for.
    fn is_other_than(&self, arguments: &DemoArguments) -> bool {
        arguments.patients.is_some_and(|patients| patients != self.patients)
            || arguments.seed.is_some_and(|seed| seed != self.seed)
    }

    fn stays_as_it_is(&self, practice: &Practice) -> String {
        format!(
            "the practice in {} is there already, of {} patients by seed {}, and stays so: --patients and --seed do \
             nothing; name another folder with --data to make another",
            practice.data.display(),
            self.patients,
            self.seed
        )
    }
}
