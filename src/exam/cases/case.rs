//! A case: its texts, its runs, and its checks. One literal is one case.

use crate::exam::plan::Plan;
use crate::exam::seen::Record;
use crate::exam::verdict::{Finding, Leg, Level};

/// The name of the case that the others need, and of its run.
pub(in crate::exam) const LOGIN: &str = "login";

/// Looks at a run, and says what is wrong with it.
pub(in crate::exam) type Check = fn(&Record) -> Option<Finding>;

/// The runs that a case looks at.
#[derive(Clone, Copy, Debug)]
pub(in crate::exam) enum Looks {
    /// At its own runs, or at the login if it has none.
    OwnRuns(&'static [Check]),
    /// At its own runs together.
    OwnRunsTogether(fn(&[&Record]) -> Option<Finding>),
    /// At each run of the exam.
    EachRun(&'static [Check]),
    /// At all runs of the exam together.
    AllRuns(fn(&[Record]) -> Option<Finding>),
}

/// A thing that a case can't do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exam) enum Need {
    /// A client with a leg 4.
    Profile,
    /// A confidential client.
    Secret,
    /// A client that sends a state.
    State,
    /// A client that takes its callback as a GET.
    Get,
    /// A client that asks for a scope.
    Scope,
    /// A system that tells of its processes.
    Linux,
    /// A system whose files say who may read them.
    Unix,
}

#[derive(Debug)]
pub(in crate::exam) struct Case {
    /// An interface: it doesn't change.
    pub(in crate::exam) name: &'static str,
    pub(in crate::exam) leg: Leg,
    pub(in crate::exam) level: Level,
    pub(in crate::exam) rule: &'static str,
    /// What happens.
    pub(in crate::exam) what: &'static str,
    /// The answer of a careful client.
    pub(in crate::exam) passes: &'static str,
    /// Why that matters.
    pub(in crate::exam) why: &'static str,
    /// What to do.
    pub(in crate::exam) advice: &'static str,
    pub(in crate::exam) needs: &'static [Need],
    pub(in crate::exam) runs: &'static [Plan],
    pub(in crate::exam) looks: Looks,
}
