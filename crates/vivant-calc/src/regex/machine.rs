//! The backtracking matcher.

use super::compile::{Instruction, Program};
use super::set::{is_line_end, is_word, lower};
use super::syntax::Assert;

/// Steps that a search may take, whatever the text.
const BASE_STEPS: usize = 1_000_000;
/// Further steps for each character of the text.
const STEPS_PER_CHAR: usize = 200;
/// How many choices may wait at once.
const MAX_WAITING: usize = 500_000;

/// The budget of steps is used up.
#[derive(Debug)]
pub(super) struct TooHard;

/// A search in a text.
pub(super) struct Machine<'a> {
    program: &'a Program,
    text: &'a [char],
    slots: Vec<Option<usize>>,
    waiting: Vec<Waiting>,
    steps: usize,
    search_start: usize,
}

/// What is left to do when the present attempt fails.
#[derive(Debug, Clone, Copy)]
enum Waiting {
    /// Go on at an instruction and a place.
    Resume(usize, usize),
    /// Give a slot its former value.
    Restore(usize, Option<usize>),
}

impl<'a> Machine<'a> {
    pub fn new(program: &'a Program, text: &'a [char]) -> Machine<'a> {
        Machine {
            program,
            text,
            slots: vec![None; program.slots],
            waiting: Vec::new(),
            steps: BASE_STEPS + STEPS_PER_CHAR * text.len(),
            search_start: 0,
        }
    }

    /// Finds the first match at or after a place; gives the ends of the groups.
    pub fn find(&mut self, from: usize) -> Result<Option<Vec<Option<usize>>>, TooHard> {
        self.search_start = from;
        for start in from..=self.text.len() {
            self.slots.fill(None);
            self.waiting.clear();
            if self.run(0, start, None)?.is_some() {
                return Ok(Some(self.slots[..2 * (self.program.groups + 1)].to_vec()));
            }
        }
        Ok(None)
    }

    /// Runs from an instruction to its `Accept`, which must come at `end` if that is given; gives the
    /// place reached. Choices made on the way are settled, but can be undone as a whole.
    fn run(&mut self, at: usize, place: usize, end: Option<usize>) -> Result<Option<usize>, TooHard> {
        let base = self.waiting.len();
        let (mut at, mut place) = (at, place);
        loop {
            self.steps = self.steps.checked_sub(1).ok_or(TooHard)?;
            let next = match self.program.code[at] {
                Instruction::Accept if end.is_none_or(|end| end == place) => {
                    self.settle(base);
                    return Ok(Some(place));
                }
                Instruction::Accept => None,
                Instruction::Char(c) => self.one(place, |found| found == c).then_some((at + 1, place + 1)),
                Instruction::Folded(c) => self
                    .one(place, |found| found == c || lower(found) == c)
                    .then_some((at + 1, place + 1)),
                Instruction::Any => self.one(place, |_| true).then_some((at + 1, place + 1)),
                Instruction::AnyOfLine => self
                    .one(place, |found| !is_line_end(found))
                    .then_some((at + 1, place + 1)),
                Instruction::Set(set) => self
                    .one(place, |found| self.program.sets[set].contains(found))
                    .then_some((at + 1, place + 1)),
                Instruction::Assert(assert) => self.holds(assert, place).then_some((at + 1, place)),
                Instruction::BackReference { group, fold } => {
                    self.repeated(group, fold, place).map(|place| (at + 1, place))
                }
                Instruction::Split(first, second) => {
                    if self.waiting.len() >= MAX_WAITING {
                        return Err(TooHard);
                    }
                    self.waiting.push(Waiting::Resume(second, place));
                    Some((first, place))
                }
                Instruction::Jump(to) => Some((to, place)),
                Instruction::Save(slot) => {
                    if self.waiting.len() >= MAX_WAITING {
                        return Err(TooHard);
                    }
                    self.waiting.push(Waiting::Restore(slot, self.slots[slot]));
                    self.slots[slot] = Some(place);
                    Some((at + 1, place))
                }
                Instruction::Progress(slot) => (self.slots[slot] != Some(place)).then_some((at + 1, place)),
                Instruction::Atomic(next) => self.run(at + 1, place, None)?.map(|place| (next, place)),
                Instruction::Look { negated, next } => {
                    let before = self.waiting.len();
                    let found = self.run(at + 1, place, None)?.is_some();
                    if negated && found {
                        self.undo(before);
                    }
                    (found != negated).then_some((next, place))
                }
                Instruction::LookBehind {
                    negated,
                    next,
                    min,
                    max,
                } => {
                    let before = self.waiting.len();
                    let mut found = false;
                    for length in min..=max.min(place) {
                        if self.run(at + 1, place - length, Some(place))?.is_some() {
                            found = true;
                            break;
                        }
                    }
                    if negated && found {
                        self.undo(before);
                    }
                    (found != negated).then_some((next, place))
                }
            };
            match next {
                Some(next) => (at, place) = next,
                None => match self.resume(base) {
                    Some(next) => (at, place) = next,
                    None => return Ok(None),
                },
            }
        }
    }

    /// Takes the last choice that waits above `base`, undoing what came after it.
    fn resume(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.waiting.len() > base {
            match self.waiting.pop() {
                Some(Waiting::Resume(at, place)) => return Some((at, place)),
                Some(Waiting::Restore(slot, value)) => self.slots[slot] = value,
                None => break,
            }
        }
        None
    }

    /// Drops the choices above `base` and keeps what restores the slots.
    fn settle(&mut self, base: usize) {
        let mut kept = base;
        for index in base..self.waiting.len() {
            if matches!(self.waiting[index], Waiting::Restore(..)) {
                self.waiting[kept] = self.waiting[index];
                kept += 1;
            }
        }
        self.waiting.truncate(kept);
    }

    /// Restores the slots as they were when `base` things waited.
    fn undo(&mut self, base: usize) {
        while self.waiting.len() > base {
            if let Some(Waiting::Restore(slot, value)) = self.waiting.pop() {
                self.slots[slot] = value;
            }
        }
    }

    fn one(&self, place: usize, fits: impl Fn(char) -> bool) -> bool {
        self.text.get(place).is_some_and(|c| fits(*c))
    }

    /// Matches the text of a group once more and gives the place after it.
    fn repeated(&mut self, group: usize, fold: bool, place: usize) -> Option<usize> {
        let (start, end) = (self.slots[2 * group]?, self.slots[2 * group + 1]?);
        let length = end.checked_sub(start)?;
        self.steps = self.steps.saturating_sub(length);
        let there = self.text.get(place..place + length)?;
        let same = |a: &char, b: &char| a == b || (fold && lower(*a) == lower(*b));
        self.text[start..end]
            .iter()
            .zip(there)
            .all(|(a, b)| same(a, b))
            .then_some(place + length)
    }

    fn holds(&self, assert: Assert, place: usize) -> bool {
        let text = self.text;
        let before = place.checked_sub(1).map(|before| text[before]);
        let here = text.get(place).copied();
        let in_pair = before == Some('\r') && here == Some('\n');
        match assert {
            Assert::TextStart => place == 0,
            Assert::TextEnd => place == text.len(),
            Assert::LastLineEnd => match &text[place..] {
                [] | ['\r', '\n'] => true,
                [only] => is_line_end(*only) && !in_pair,
                _ => false,
            },
            Assert::LineStart => {
                place == 0 || (before.is_some_and(is_line_end) && !in_pair && here.is_some())
            }
            Assert::LineEnd => here.is_none_or(is_line_end) && !in_pair,
            Assert::WordBorder(wanted) => {
                (before.is_some_and(is_word) != here.is_some_and(is_word)) == wanted
            }
            Assert::SearchStart => place == self.search_start,
        }
    }
}
