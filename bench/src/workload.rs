//! The workloads over HTTP: one row each. What a row needs it takes from the [`Scene`].

mod page;
mod read;
mod search;
mod write;

use crate::goal::Goal;
use crate::load::Shots;
use crate::sample::Sample;
use crate::target::Target;
use std::rc::Rc;

/// What workloads are made from.
pub struct Scene {
    pub target: Rc<Target>,
    pub sample: Rc<Sample>,
    /// The same server as a signed-in browser sees it.
    pub pages: Option<Rc<Target>>,
    /// The patient with about 5,000 resources.
    pub crowded_patient: String,
    /// A part of every id that is written, new in every run.
    pub run: String,
}

/// A workload: what is asked, by how many, and what we want of it.
pub struct Workload {
    pub name: &'static str,
    pub title: &'static str,
    /// How many clients; `None`: as many as the command line says.
    pub clients: Option<usize>,
    /// True when requests arrive at the rate that the command line says.
    pub is_open: bool,
    pub goal: Option<Goal>,
    /// Goes to the pages instead of the API.
    pub on_pages: bool,
    /// Any answer is a good one.
    pub any_status: bool,
    /// The requests, or why there are none.
    pub shots: fn(&Scene) -> Result<Shots, &'static str>,
}

/// What most rows have in common.
const PLAIN: Workload = Workload {
    name: "",
    title: "",
    clients: None,
    is_open: false,
    goal: None,
    on_pages: false,
    any_status: false,
    shots: read::empty_handler,
};

/// Clients where rates are compared: enough that the server always has work. With few, a fast server sleeps between
/// two requests and the time to wake it is measured.
const SATURATING: usize = 64;

/// A search family: 16 clients unless told otherwise, pages of 20.
const SEARCH: Workload = Workload { goal: Some(Goal::P99BelowMs(15.0)), ..PLAIN };

/// All of them, in the order in which they run: reads first, so that they see what was imported.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "empty-handler",
        title: "the server's fastest static answer",
        clients: Some(SATURATING),
        any_status: true,
        shots: read::empty_handler,
        ..PLAIN
    },
    Workload {
        name: "point-read",
        title: "read by id: patients and observations",
        clients: Some(SATURATING),
        goal: Some(Goal::ShareOfEmptyHandler(0.5)),
        shots: read::point_read,
        ..PLAIN
    },
    Workload {
        name: "point-read-1",
        title: "read by id, one client",
        clients: Some(1),
        shots: read::point_read,
        ..PLAIN
    },
    Workload {
        name: "search-name",
        title: "patients by the beginning of a name",
        shots: search::name,
        ..SEARCH
    },
    Workload {
        name: "search-patient-code",
        title: "one patient's observations by code",
        shots: search::patient_code,
        ..SEARCH
    },
    Workload {
        name: "search-quantity",
        title: "observations above a value",
        shots: search::quantity,
        ..SEARCH
    },
    Workload {
        name: "search-composite",
        title: "observations by code and value together, components too",
        shots: search::composite,
        ..SEARCH
    },
    Workload {
        name: "search-date-sorted",
        title: "observations of a month, latest first",
        shots: search::date_sorted,
        ..SEARCH
    },
    Workload {
        name: "search-code",
        title: "observations by code, all patients",
        shots: search::code,
        ..SEARCH
    },
    Workload {
        name: "search-birthdate",
        title: "patients by birth date, half of them with a name",
        shots: search::birth_date,
        ..SEARCH
    },
    Workload {
        name: "search-chained",
        title: "observations by code and their patient's gender",
        shots: search::chained,
        ..SEARCH
    },
    Workload {
        name: "search-has",
        title: "patients who have an observation of a code",
        shots: search::has,
        ..SEARCH
    },
    Workload {
        name: "everything",
        title: "a patient's $everything",
        clients: Some(4),
        shots: read::everything,
        ..PLAIN
    },
    Workload {
        name: "chart-page",
        title: "chart page of 5,000 resources, one client",
        clients: Some(1),
        goal: Some(Goal::P95BelowMs(15.0)),
        on_pages: true,
        shots: page::crowded_chart,
        ..PLAIN
    },
    Workload {
        name: "chart-page-any",
        title: "chart pages of all patients, four clients",
        clients: Some(4),
        on_pages: true,
        shots: page::any_chart,
        ..PLAIN
    },
    Workload {
        name: "chart-search",
        title: "search of a chart of 5,000 resources, one client",
        clients: Some(1),
        goal: Some(Goal::P95BelowMs(50.0)),
        on_pages: true,
        shots: page::chart_search,
        ..PLAIN
    },
    Workload {
        name: "timeline-page",
        title: "timeline of 5,000 resources, one client",
        clients: Some(1),
        goal: Some(Goal::P95BelowMs(50.0)),
        on_pages: true,
        shots: page::timeline,
        ..PLAIN
    },
    Workload {
        name: "inbox-page",
        title: "everyone's inbox, one client",
        clients: Some(1),
        goal: Some(Goal::P95BelowMs(50.0)),
        on_pages: true,
        shots: page::inbox,
        ..PLAIN
    },
    Workload {
        name: "mixed-open",
        title: "reads and searches, arriving at a rate of their own",
        clients: Some(64),
        is_open: true,
        shots: search::mixed,
        ..PLAIN
    },
    Workload {
        name: "crud",
        title: "create, read, update, read, delete of a patient",
        shots: write::crud,
        ..PLAIN
    },
    Workload {
        name: "transaction-1",
        title: "durable transactions of 2 resources, 1 client",
        clients: Some(1),
        shots: write::transaction,
        ..PLAIN
    },
    Workload {
        name: "transaction-8",
        title: "durable transactions of 2 resources, 8 clients",
        clients: Some(8),
        shots: write::transaction,
        ..PLAIN
    },
    Workload {
        name: "transaction-64",
        title: "durable transactions of 2 resources, 64 clients",
        clients: Some(64),
        goal: Some(Goal::SyncsTimes { factor: 5.0, or_rate_per_s: 2500.0 }),
        shots: write::transaction,
        ..PLAIN
    },
];
