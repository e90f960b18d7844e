//! Patterns as programs for the matcher.

use super::set::Set;
use super::syntax::{Assert, Item, Parsed};

/// How many instructions a pattern may have.
const MAX_INSTRUCTIONS: usize = 20_000;
/// The longest text that a look-behind may match.
const MAX_BEHIND: usize = 1000;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub code: Vec<Instruction>,
    pub sets: Vec<Set>,
    /// The number of capturing groups.
    pub groups: usize,
    pub names: Vec<(String, usize)>,
    /// The number of slots: two for each group and the whole match, one for each loop.
    pub slots: usize,
}

/// One step of the matcher.
#[derive(Debug, Clone, Copy)]
pub(super) enum Instruction {
    Char(char),
    /// A character in lower case, compared without case.
    Folded(char),
    Any,
    AnyOfLine,
    Set(usize),
    Assert(Assert),
    BackReference {
        group: usize,
        fold: bool,
    },
    /// Goes on at the first place and keeps the second for later.
    Split(usize, usize),
    Jump(usize),
    /// Keeps the place in a slot.
    Save(usize),
    /// Fails when the place is the one in the slot: a loop that matched nothing.
    Progress(usize),
    /// Runs what follows up to `Accept` on its own, then goes on at the place.
    Atomic(usize),
    /// Runs what follows up to `Accept` as a condition, then goes on at the place.
    Look {
        negated: bool,
        next: usize,
    },
    /// As `Look`, for text of these lengths that ends here.
    LookBehind {
        negated: bool,
        next: usize,
        min: usize,
        max: usize,
    },
    Accept,
}

/// Compiles a pattern.
pub(super) fn compile(parsed: Parsed) -> Result<Program, String> {
    let slots = 2 * (parsed.groups + 1);
    let mut compiler = Compiler {
        code: Vec::new(),
        slots,
    };
    compiler.push(Instruction::Save(0))?;
    compiler.item(&parsed.root)?;
    compiler.push(Instruction::Save(1))?;
    compiler.push(Instruction::Accept)?;
    Ok(Program {
        code: compiler.code,
        sets: parsed.sets,
        groups: parsed.groups,
        names: parsed.names,
        slots: compiler.slots,
    })
}

struct Compiler {
    code: Vec<Instruction>,
    slots: usize,
}

impl Compiler {
    fn push(&mut self, instruction: Instruction) -> Result<usize, String> {
        if self.code.len() >= MAX_INSTRUCTIONS {
            return Err("it is too large; use smaller repetitions".to_string());
        }
        self.code.push(instruction);
        Ok(self.code.len() - 1)
    }

    fn here(&self) -> usize {
        self.code.len()
    }

    fn item(&mut self, item: &Item) -> Result<(), String> {
        match item {
            Item::Char { c, fold: false } => self.push(Instruction::Char(*c)).map(drop),
            Item::Char { c, fold: true } => self.push(Instruction::Folded(super::set::lower(*c))).map(drop),
            Item::Any { lines: true } => self.push(Instruction::Any).map(drop),
            Item::Any { lines: false } => self.push(Instruction::AnyOfLine).map(drop),
            Item::Set(set) => self.push(Instruction::Set(*set)).map(drop),
            Item::Assert(assert) => self.push(Instruction::Assert(*assert)).map(drop),
            Item::BackReference { group, fold } => self
                .push(Instruction::BackReference {
                    group: *group,
                    fold: *fold,
                })
                .map(drop),
            Item::Concat(items) => items.iter().try_for_each(|item| self.item(item)),
            Item::Alternate(items) => self.alternatives(items),
            Item::Group { index, inner } => {
                self.push(Instruction::Save(2 * index))?;
                self.item(inner)?;
                self.push(Instruction::Save(2 * index + 1)).map(drop)
            }
            Item::Repeat {
                inner,
                min,
                max,
                greedy,
            } => self.repeat(inner, *min, *max, *greedy),
            Item::Atomic(inner) => {
                let start = self.push(Instruction::Atomic(0))?;
                self.item(inner)?;
                self.push(Instruction::Accept)?;
                self.code[start] = Instruction::Atomic(self.here());
                Ok(())
            }
            Item::Look {
                behind,
                negated,
                inner,
            } => {
                let start = self.push(Instruction::Look {
                    negated: *negated,
                    next: 0,
                })?;
                self.item(inner)?;
                self.push(Instruction::Accept)?;
                let (negated, next) = (*negated, self.here());
                self.code[start] = if *behind {
                    let (min, max) = lengths(inner);
                    let max = max.filter(|max| *max <= MAX_BEHIND);
                    let max = max.ok_or("a look-behind must have a limited length")?;
                    Instruction::LookBehind {
                        negated,
                        next,
                        min,
                        max,
                    }
                } else {
                    Instruction::Look { negated, next }
                };
                Ok(())
            }
        }
    }

    fn alternatives(&mut self, items: &[Item]) -> Result<(), String> {
        let mut jumps = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if index + 1 == items.len() {
                self.item(item)?;
                break;
            }
            let split = self.push(Instruction::Split(0, 0))?;
            self.item(item)?;
            jumps.push(self.push(Instruction::Jump(0))?);
            self.code[split] = Instruction::Split(split + 1, self.here());
        }
        for jump in jumps {
            self.code[jump] = Instruction::Jump(self.here());
        }
        Ok(())
    }

    fn repeat(&mut self, inner: &Item, min: u32, max: Option<u32>, greedy: bool) -> Result<(), String> {
        for _ in 0..min {
            self.item(inner)?;
        }
        let fork = |first, second| {
            if greedy {
                Instruction::Split(first, second)
            } else {
                Instruction::Split(second, first)
            }
        };
        match max {
            None => {
                let split = self.push(Instruction::Split(0, 0))?;
                let slot = (lengths(inner).0 == 0).then(|| {
                    self.slots += 1;
                    self.slots - 1
                });
                if let Some(slot) = slot {
                    self.push(Instruction::Save(slot))?;
                }
                self.item(inner)?;
                if let Some(slot) = slot {
                    self.push(Instruction::Progress(slot))?;
                }
                self.push(Instruction::Jump(split))?;
                self.code[split] = fork(split + 1, self.here());
            }
            Some(max) => {
                let mut splits = Vec::new();
                for _ in min..max {
                    splits.push(self.push(Instruction::Split(0, 0))?);
                    self.item(inner)?;
                }
                for split in splits {
                    self.code[split] = fork(split + 1, self.here());
                }
            }
        }
        Ok(())
    }
}

/// Tells the shortest and the longest text an item can match, in characters.
fn lengths(item: &Item) -> (usize, Option<usize>) {
    match item {
        Item::Char { .. } | Item::Any { .. } | Item::Set(_) => (1, Some(1)),
        Item::Assert(_) | Item::Look { .. } => (0, Some(0)),
        Item::BackReference { .. } => (0, None),
        Item::Group { inner, .. } | Item::Atomic(inner) => lengths(inner),
        Item::Concat(items) => items
            .iter()
            .map(lengths)
            .fold((0, Some(0)), |(min, max), (a, b)| {
                (
                    min.saturating_add(a),
                    max.zip(b).map(|(max, b)| max.saturating_add(b)),
                )
            }),
        Item::Alternate(items) => {
            let all = items.iter().map(lengths);
            all.reduce(|(min, max), (a, b)| (min.min(a), max.zip(b).map(|(max, b)| max.max(b))))
                .unwrap_or((0, Some(0)))
        }
        Item::Repeat { inner, min, max, .. } => {
            let (a, b) = lengths(inner);
            let longest = b.zip(*max).map(|(b, max)| b.saturating_mul(max as usize));
            (a.saturating_mul(*min as usize), longest)
        }
    }
}
