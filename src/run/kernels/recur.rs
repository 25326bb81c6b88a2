//! Networks that go step by step along a sequence.

use candle_core::{D, Tensor};
use declass_formats::onnx::Attribute;

use super::elementwise::of_floats;
use crate::{
    net::ops::{Cell, Map},
    run::{
        Fault,
        call::{Call, Results},
    },
};

/// One direction of a network.
struct Direction<'c> {
    call: &'c Call<'c>,
    cell: Cell,
    /// Activations of the gates, of what is new, and of what is given out.
    activations: [Map; 3],
    /// `[inner, gates outer]` and `[outer, gates outer]`.
    weight: Tensor,
    recurrence: Tensor,
    /// Biases of both.
    biases: Option<[Tensor; 2]>,
    /// Weights with which gates look at the state, by gate.
    peepholes: Option<Tensor>,
    hidden: usize,
}

pub(super) fn recur(call: &Call<'_>, cell: Cell) -> Results {
    let swapped = call.int("layout", 0) != 0;
    let x = if swapped {
        call.tensor(0)?.transpose(0, 1)?.contiguous()?
    } else {
        call.tensor(0)?.contiguous()?
    };
    let (steps, samples, _) = x.dims3()?;
    let unlike = ["clip"].iter().any(|name| call.node.attributes.contains_key(*name))
        || call.int("input_forget", 0) != 0
        || call.integers(4)?.is_some_and(|lengths| lengths.iter().any(|length| *length != steps as i64));
    if unlike {
        return Err(Fault::unsupported(
            "a recurrent network with clipping, coupled gates or sequences of several lengths",
        ));
    }
    let backwards: &[bool] = match call.text("direction") {
        "" | "forward" => &[false],
        "reverse" => &[true],
        "bidirectional" => &[false, true],
        other => return Err(Fault::unsupported(format!("the direction `{other}`"))),
    };
    let (mut outputs, mut lasts, mut states) = (Vec::new(), Vec::new(), Vec::new());
    for (at, backwards) in backwards.iter().enumerate() {
        let direction = Direction::of(call, cell, at)?;
        let start = |operand: usize| -> Result<Tensor, Fault> {
            Ok(match call.optional(operand)? {
                Some(start) => start.get_on_dim(if swapped { 1 } else { 0 }, at)?.contiguous()?,
                None => Tensor::zeros((samples, direction.hidden), x.dtype(), call.device)?,
            })
        };
        let state = if cell == Cell::Lstm { Some(start(6)?) } else { None };
        let (made, last, state) = direction.run(&x, *backwards, start(5)?, state)?;
        outputs.push(made);
        lasts.push(last);
        states.extend(state);
    }
    let outputs = Tensor::stack(&outputs, 1)?;
    let (lasts, states) =
        (Tensor::stack(&lasts, 0)?, if states.is_empty() { None } else { Some(Tensor::stack(&states, 0)?) });
    let floats = call.floats(0)?;
    let turned = |tensor: Tensor, sequence: bool| -> Result<Tensor, Fault> {
        Ok(match (swapped, sequence) {
            (false, _) => tensor,
            (true, true) => tensor.permute((2, 0, 1, 3))?.contiguous()?,
            (true, false) => tensor.transpose(0, 1)?.contiguous()?,
        })
    };
    let mut results = vec![floats.like(turned(outputs, true)?), floats.like(turned(lasts, false)?)];
    if let Some(states) = states {
        results.push(floats.like(turned(states, false)?));
    }
    results.into_iter().map(|floats| Ok(floats.rounded()?.into())).collect()
}

impl<'c> Direction<'c> {
    fn of(call: &'c Call<'c>, cell: Cell, at: usize) -> Result<Self, Fault> {
        let part = |operand: usize| -> Result<Tensor, Fault> { Ok(call.tensor(operand)?.get(at)?) };
        let gates = match cell {
            Cell::Gru => 3,
            Cell::Lstm => 4,
            Cell::Simple => 1,
        };
        let (weight, recurrence) = (part(1)?, part(2)?);
        let hidden = recurrence.dim(1)?;
        if weight.dim(0)? != gates * hidden || recurrence.dim(0)? != gates * hidden {
            return Err(Fault::Compute("its weights are not of one size".into()));
        }
        let biases = match call.optional(3)? {
            Some(_) => Some([
                part(3)?.narrow(0, 0, gates * hidden)?,
                part(3)?.narrow(0, gates * hidden, gates * hidden)?,
            ]),
            None => None,
        };
        let peepholes = if cell == Cell::Lstm && call.get(7).is_some() { Some(part(7)?) } else { None };
        let activations = activations(call, cell, at)?;
        let (weight, recurrence) = (weight.t()?, recurrence.t()?);
        Ok(Self { call, cell, activations, weight, recurrence, biases, peepholes, hidden })
    }

    /// What it gives out at each step, and where it ends.
    fn run(
        &self,
        x: &Tensor,
        backwards: bool,
        mut last: Tensor,
        mut state: Option<Tensor>,
    ) -> Result<(Tensor, Tensor, Option<Tensor>), Fault> {
        let (steps, samples, inner) = x.dims3()?;
        let wide = self.weight.dim(1)?;
        self.call.claim(&[steps, samples, wide])?;
        self.call.budget.spend((steps * samples) as u64 * ((inner + self.hidden) * wide) as u64)?;
        let mut driven = x.reshape((steps * samples, inner))?.matmul(&self.weight)?;
        if let Some([bias, _]) = &self.biases {
            driven = driven.broadcast_add(bias)?;
        }
        let driven = driven.reshape((steps, samples, wide))?;
        let mut made = Vec::with_capacity(steps);
        for step in 0..steps {
            let driven = driven.get(if backwards { steps - 1 - step } else { step })?;
            (last, state) = self.step(&driven, &last, state)?;
            made.push(last.clone());
        }
        if backwards {
            made.reverse();
        }
        Ok((Tensor::stack(&made, 0)?, last, state))
    }

    fn step(
        &self,
        driven: &Tensor,
        last: &Tensor,
        state: Option<Tensor>,
    ) -> Result<(Tensor, Option<Tensor>), Fault> {
        let recurrent = last.matmul(&self.recurrence)?;
        let recurrent = match &self.biases {
            Some([_, bias]) => recurrent.broadcast_add(bias)?,
            None => recurrent,
        };
        let gate = |of: &Tensor, at: usize| of.narrow(D::Minus1, at * self.hidden, self.hidden);
        let [gates, new, out] = self.activations;
        let apply = |map: Map, x: &Tensor| of_floats(self.call, map, x);
        let both = |at: usize| -> Result<Tensor, Fault> { Ok((gate(driven, at)? + gate(&recurrent, at)?)?) };
        match (self.cell, state) {
            (Cell::Lstm, Some(state)) => {
                // Gates of the input, of what is given out, of what is forgotten; and what is new.
                let seen = |at: usize, hole: usize, state: &Tensor| -> Result<Tensor, Fault> {
                    Ok(match &self.peepholes {
                        Some(holes) => {
                            (both(at)?
                                + state.broadcast_mul(&holes.narrow(
                                    0,
                                    hole * self.hidden,
                                    self.hidden,
                                )?)?)?
                        }
                        None => both(at)?,
                    })
                };
                let input = apply(gates, &seen(0, 0, &state)?)?;
                let forgets = apply(gates, &seen(2, 2, &state)?)?;
                let fresh = apply(new, &both(3)?)?;
                let state = ((forgets * &state)? + (input * fresh)?)?;
                let output = apply(gates, &seen(1, 1, &state)?)?;
                Ok(((output * apply(out, &state)?)?, Some(state)))
            }
            (Cell::Gru, _) => {
                let (update, reset) = (apply(gates, &both(0)?)?, apply(gates, &both(1)?)?);
                let fresh = if self.call.int("linear_before_reset", 0) != 0 {
                    (gate(driven, 2)? + (reset * gate(&recurrent, 2)?)?)?
                } else {
                    let matrix = gate(&self.recurrence, 2)?.contiguous()?;
                    let reset = (reset * last)?.matmul(&matrix)?;
                    let reset = match &self.biases {
                        Some([_, bias]) => reset.broadcast_add(&gate(bias, 2)?)?,
                        None => reset,
                    };
                    (gate(driven, 2)? + reset)?
                };
                let fresh = apply(new, &fresh)?;
                Ok(((&fresh + (update * (last - &fresh)?)?)?, None))
            }
            _ => Ok((apply(gates, &both(0)?)?, None)),
        }
    }
}

/// The activations of one direction, by name or as usual.
fn activations(call: &Call<'_>, cell: Cell, direction: usize) -> Result<[Map; 3], Fault> {
    let (usual, count) = match cell {
        Cell::Gru => ([Map::Sigmoid, Map::Tangent, Map::Tangent], 2),
        Cell::Lstm => ([Map::Sigmoid, Map::Tangent, Map::Tangent], 3),
        Cell::Simple => ([Map::Tangent; 3], 1),
    };
    let Some(Attribute::Strings(names)) = call.node.attributes.get("activations") else { return Ok(usual) };
    let mut activations = usual;
    for (slot, name) in activations.iter_mut().zip(names.iter().skip(direction * count).take(count)) {
        let unknown = || Fault::unsupported(format!("the activation `{}`", String::from_utf8_lossy(name)));
        *slot = Map::activation(name).ok_or_else(unknown)?;
    }
    Ok(activations)
}
