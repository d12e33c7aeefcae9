//! The words of a report: a case has a leg and a level, a check may have a finding, and the heaviest
//! finding gives the verdict.

/// The leg that a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    One,
    Two,
    Three,
    Four,
    All,
}

impl Leg {
    /// As the list and the options name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
            Self::Three => "3",
            Self::Four => "4",
            Self::All => "all",
        }
    }

    /// The heading of its cases.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::One => "Leg 1: the authorization request",
            Self::Two => "Leg 2: the callback",
            Self::Three => "Leg 3: the token request",
            Self::Four => "Leg 4: the profile request",
            Self::All => "All legs",
        }
    }
}

/// How strong a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Must,
    Should,
}

impl Level {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
        }
    }
}

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its rule is kept.
    Pass,
    /// A MUST is broken.
    Fail,
    /// A SHOULD is broken.
    Warn,
    /// It doesn't apply to this client, or this machine doesn't tell.
    Skip,
    /// The client never came to the point that it is about.
    Unclear,
    /// No login worked, or the exam was interrupted.
    NotRun,
}

impl Verdict {
    /// Every verdict, in the order in which a report counts them.
    pub(super) const ALL: [Self; 6] =
        [Self::Pass, Self::Fail, Self::Warn, Self::Skip, Self::Unclear, Self::NotRun];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Skip => "skip",
            Self::Unclear => "unclear",
            Self::NotRun => "not run",
        }
    }

    /// The word of the last line, which counts.
    pub(super) fn counted(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Fail => "failed",
            Self::Warn => "warned",
            Self::Skip => "skipped",
            Self::Unclear => "unclear",
            Self::NotRun => "not run",
        }
    }
}

/// How much a finding weighs: the lightest stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// The case doesn't apply here.
    NotHere,
    /// The rule is kept, but weakly.
    Weak,
    /// The client never came to the point.
    Unclear,
    /// The rule of the case is broken, and the level of the case says how bad that is.
    Broken,
    /// A MUST is broken, whatever the level of the case is.
    BrokenMust,
}

/// Something that was seen, and why a case isn't passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) weight: Weight,
    /// What was seen, and where.
    pub(super) seen: String,
    /// Why that matters, where the case doesn't say it.
    pub(super) why: Option<&'static str>,
    /// The advice, where the case doesn't give it.
    pub(super) advice: Option<&'static str>,
}

impl Finding {
    pub(super) fn new(weight: Weight, seen: impl Into<String>) -> Self {
        Self { weight, seen: seen.into(), why: None, advice: None }
    }

    pub(super) fn broken(seen: impl Into<String>) -> Self {
        Self::new(Weight::Broken, seen)
    }

    pub(super) fn weak(seen: impl Into<String>) -> Self {
        Self::new(Weight::Weak, seen)
    }

    pub(super) fn unclear(seen: impl Into<String>) -> Self {
        Self::new(Weight::Unclear, seen)
    }

    pub(super) fn not_here(seen: impl Into<String>) -> Self {
        Self::new(Weight::NotHere, seen)
    }

    /// The same with a reason and advice of its own.
    pub(super) fn because(self, why: &'static str, advice: &'static str) -> Self {
        Self { why: Some(why), advice: Some(advice), ..self }
    }

    /// The same, where the case's own reason and advice say more.
    pub(super) fn without_advice(self) -> Self {
        Self { why: None, advice: None, ..self }
    }

    /// The verdict on a case of this level.
    pub(super) fn verdict(&self, level: Level) -> Verdict {
        match (self.weight, level) {
            (Weight::NotHere, _) => Verdict::Skip,
            (Weight::Unclear, _) => Verdict::Unclear,
            (Weight::BrokenMust, _) | (Weight::Broken, Level::Must) => Verdict::Fail,
            (Weight::Weak, _) | (Weight::Broken, Level::Should) => Verdict::Warn,
        }
    }
}
