//! How fast a forge is asked: its limits for what one identity creates, what it says about waiting, and a growing pause where
//! it does not answer. Nobody sees the clock but through a trait, so that a test does not wait.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::{ForgeError, Limit};
use crate::today;

/// What GitHub allows one identity to create is 80 a minute and 500 an hour; people create things, too.
const A_MINUTE: (usize, Duration) = (60, Duration::from_mins(1));
const AN_HOUR: (usize, Duration) = (450, Duration::from_hours(1));

/// How long a secondary limit lasts if it does not say it, as GitHub's documentation asks for.
const SECONDARY: Duration = Duration::from_mins(1);

/// The longest pause where the forge does not answer.
const LONGEST: Duration = Duration::from_mins(15);

/// How often one thing is asked for that has no answer.
const ATTEMPTS: u32 = 12;

/// What time it is, how to wait, and chance.
pub(crate) trait Clock: Sync {
    /// Returns the time since 1970.
    fn now(&self) -> Duration;
    fn sleep(&self, time: Duration);
    /// Returns a part of one, by chance.
    fn part(&self) -> f64;
}

/// The clock of this machine.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        today::since_1970()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }

    fn part(&self) -> f64 {
        let chance = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
        f64::from(chance) / f64::from(u32::MAX)
    }
}

/// Why something is not done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Later {
    /// The forge has to be left alone for longer than anybody waits here.
    Everything { wait: Duration, message: String },
    /// There is no answer to this.
    This(String),
    /// The forge does not do this, and will not do it later either.
    Never(ForgeError),
}

/// The pace at which a forge is asked, by however many threads.
pub(crate) struct Pace<'c> {
    clock: &'c dyn Clock,
    /// How long the program waits at most.
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When something was created, the oldest first.
    created: VecDeque<Duration>,
    not_before: Duration,
    /// Why not before.
    message: String,
}

impl<'c> Pace<'c> {
    /// Begins with what was created before, by the seconds since 1970.
    pub(crate) fn new(clock: &'c dyn Clock, patience: Duration, created: impl IntoIterator<Item = u64>) -> Self {
        let mut created: Vec<Duration> = created.into_iter().map(Duration::from_secs).collect();
        created.sort_unstable();
        Self { clock, patience, state: Mutex::new(State { created: created.into(), ..State::default() }) }
    }

    /// Returns how long it takes at least to create so many things.
    pub(crate) fn estimate(count: usize) -> Duration {
        let (each_hour, hour) = AN_HOUR;
        let (each_minute, minute) = A_MINUTE;
        let whole = |hours: usize| hour.saturating_mul(u32::try_from(hours).unwrap_or(u32::MAX));
        let minutes = |count: usize| minute * u32::try_from(count.saturating_sub(1) / each_minute).unwrap_or(u32::MAX);
        let hours = count.saturating_sub(1) / each_hour;
        whole(hours) + minutes(count - hours * each_hour)
    }

    /// Asks for something that changes nothing, until there is an answer.
    pub(crate) fn ask<T>(&self, ask: impl Fn() -> Result<T, ForgeError>) -> Result<T, Later> {
        for attempt in 0..ATTEMPTS {
            self.wait(false)?;
            match ask() {
                Ok(answer) => return Ok(answer),
                Err(error) => self.after(error, attempt)?,
            }
        }
        Err(Later::This("the forge has not answered".to_owned()))
    }

    /// Creates something, once. After an error that is no refusal nobody knows whether it is there: look again.
    pub(crate) fn create<T>(
        &self,
        attempt: u32,
        create: impl FnOnce() -> Result<T, ForgeError>,
    ) -> Result<Option<T>, Later> {
        self.wait(true)?;
        match create() {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => self.after(error, attempt).map(|()| None),
        }
    }

    /// Takes note of an error, or says that there is nothing to wait for.
    pub(crate) fn after(&self, error: ForgeError, attempt: u32) -> Result<(), Later> {
        match error {
            ForgeError::Limited(Limit { after, at, message }) => {
                let now = self.clock.now();
                let until = match (after, at) {
                    (Some(seconds), _) => now + Duration::from_secs(seconds),
                    (None, Some(second)) => Duration::from_secs(second),
                    (None, None) => now + SECONDARY,
                };
                let mut state = self.state();
                if until > state.not_before {
                    state.not_before = until;
                    state.message = message;
                }
                Ok(())
            }
            ForgeError::Unanswered(message) => self.back_off(&message, attempt),
            error => Err(Later::Never(error)),
        }
    }

    /// Waits for a while that doubles with each attempt, and of which chance takes a part away.
    pub(crate) fn back_off(&self, message: &str, attempt: u32) -> Result<(), Later> {
        let whole = Duration::from_secs(1 << attempt.min(20)).min(LONGEST);
        let wait = whole.mul_f64(self.clock.part());
        if wait > self.patience || attempt + 1 >= ATTEMPTS {
            return Err(Later::This(message.to_owned()));
        }
        self.clock.sleep(wait);
        Ok(())
    }

    /// Waits until the forge may be asked, and takes a place among what is created.
    fn wait(&self, creates: bool) -> Result<(), Later> {
        let start = self.clock.now();
        loop {
            let now = self.clock.now();
            let until = {
                let mut state = self.state();
                let until = state.free_at(now, creates);
                if until <= now {
                    if creates {
                        state.created.push_back(now);
                    }
                    return Ok(());
                }
                if until.saturating_sub(start) > self.patience {
                    return Err(Later::Everything { wait: until.saturating_sub(now), message: state.reason(now) });
                }
                until
            };
            self.clock.sleep(until.saturating_sub(now));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns when the next request may be made.
    fn free_at(&mut self, now: Duration, creates: bool) -> Duration {
        if !creates {
            return self.not_before;
        }
        while self.created.front().is_some_and(|at| *at + AN_HOUR.1 <= now) {
            self.created.pop_front();
        }
        let free = |(count, time): (usize, Duration)| {
            let oldest = self.created.len().checked_sub(count).and_then(|at| self.created.get(at));
            oldest.map_or(Duration::ZERO, |at| *at + time)
        };
        free(A_MINUTE).max(free(AN_HOUR)).max(self.not_before)
    }

    fn reason(&self, now: Duration) -> String {
        if self.not_before > now { self.message.clone() } else { "the budget for new content is used up".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that is ahead at once, and whose chance is always one.
    struct Jumping(Mutex<Duration>);

    impl Jumping {
        fn new() -> Self {
            Self(Mutex::new(Duration::from_hours(500_000)))
        }

        fn passed(&self) -> u64 {
            self.now().as_secs() - 1_800_000_000
        }
    }

    impl Clock for Jumping {
        fn now(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        fn sleep(&self, time: Duration) {
            *self.0.lock().unwrap() += time;
        }

        fn part(&self) -> f64 {
            1.0
        }
    }

    const HOURS: Duration = Duration::from_hours(100);

    #[test]
    fn sixty_a_minute_and_450_an_hour_are_created_and_no_more() {
        let clock = Jumping::new();
        let pace = Pace::new(&clock, HOURS, []);
        let mut at = Vec::new();
        for _ in 0..1000 {
            pace.create(0, || Ok(())).unwrap();
            at.push(clock.passed());
        }
        let within = |start: u64, time: u64| at.iter().filter(|it| (start..start + time).contains(it)).count();
        let most = |time: u64| at.iter().map(|start| within(*start, time)).max();
        assert_eq!((most(60), most(3600)), (Some(60), Some(450)));
        assert_eq!(Pace::estimate(1000).as_secs(), *at.last().unwrap(), "it is what the program says before it starts");
        assert_eq!(Pace::estimate(10_000).as_secs() / 3600, 22);
        assert_eq!(Pace::estimate(0), Duration::ZERO);
    }

    #[test]
    fn what_was_created_before_counts_and_what_takes_too_long_is_left() {
        let clock = Jumping::new();
        let now = clock.now().as_secs();
        let pace = Pace::new(&clock, Duration::from_mins(15), vec![now - 600; 450]);
        let later = pace.create(0, || Ok(())).unwrap_err();
        let message = "the budget for new content is used up".to_owned();
        assert_eq!(later, Later::Everything { wait: Duration::from_mins(50), message });
        pace.ask(|| Ok(())).unwrap();
        assert_eq!(clock.passed(), 0, "reading costs nothing of it");
    }

    #[test]
    fn the_forge_says_how_long_to_wait_and_all_do() {
        let clock = Jumping::new();
        let pace = Pace::new(&clock, HOURS, []);
        let limit = |after, at| ForgeError::Limited(Limit { after, at, message: "slower".to_owned() });
        for (error, seconds) in [
            (limit(Some(7), None), 7),
            (limit(None, Some(1_800_000_107)), 107),
            (limit(None, None), 167),
            (limit(Some(0), None), 167),
        ] {
            assert_eq!(pace.create(0, || Err::<(), _>(error)).unwrap(), None, "nobody knows whether it is there");
            pace.ask(|| Ok(())).unwrap();
            assert_eq!(clock.passed(), seconds);
        }
        let impatient = Pace::new(&clock, Duration::from_mins(15), []);
        let later = impatient.ask(|| Err::<(), _>(limit(Some(901), None))).unwrap_err();
        let wait = Duration::from_secs(901);
        assert_eq!(later, Later::Everything { wait, message: "slower".to_owned() });
    }

    #[test]
    fn the_pause_doubles_up_to_15_minutes_and_ends() {
        let clock = Jumping::new();
        let pace = Pace::new(&clock, HOURS, []);
        let silent = || Err::<(), _>(ForgeError::Unanswered("status 502".to_owned()));
        assert_eq!(pace.ask(silent), Err(Later::This("status 502".to_owned())));
        assert_eq!(clock.passed(), 1 + 2 + 4 + 8 + 16 + 32 + 64 + 128 + 256 + 512 + 900);
        let refused = ForgeError::Refused { status: 404, message: "x".to_owned() };
        assert_eq!(pace.ask(|| Err::<(), _>(refused.clone())), Err(Later::Never(refused.clone())));
        assert!((0..100).all(|_| (0.0..=1.0).contains(&SystemClock.part())));
    }
}
