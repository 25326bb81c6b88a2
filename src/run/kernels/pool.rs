//! Means and maxima over windows of positions.

use candle_core::Tensor;

use super::fold;
use crate::{
    net::ops::{Fold, Pool},
    run::{
        Fault,
        call::{Call, Results},
        columns::ToColumns,
        host::is_single,
        planes::{Folded, folded},
        window::{Rounding, Span, Window},
    },
};

pub(super) fn pool(call: &Call<'_>, pool: Pool) -> Results {
    let map = call.tensor(0)?;
    call.claim(map.dims())?;
    let everywhere: Vec<usize> = (2..map.rank()).collect();
    let over_all = |how: Fold| fold::of_floats(map, how, &everywhere, true);
    match pool {
        Pool::LargestOfAll => call.made(over_all(Fold::Largest)?),
        Pool::MeanOfAll => call.made(over_all(Fold::Mean)?),
        Pool::Largest if call.node.outputs.get(1).is_some_and(|name| !name.is_empty()) => {
            Err(Fault::unsupported("the places of maxima"))
        }
        Pool::Largest | Pool::Mean => over_windows(call, map, pool),
    }
}

/// What each window reads, side by side, then folded: a derivative that is right for windows that overlap.
fn over_windows(call: &Call<'_>, map: &Tensor, pool: Pool) -> Results {
    let axes = map.rank().checked_sub(2).filter(|axes| (1..=2).contains(axes));
    let axes =
        axes.ok_or_else(|| Fault::unsupported(format!("windows over a map of {} axes", map.rank())))?;
    let plane = if axes == 1 { map.unsqueeze(2)? } else { map.clone() };
    let (samples, channels, rows, columns) = plane.dims4()?;
    let kernel = call.ints("kernel_shape").unwrap_or(&[]);
    let kernel: Vec<usize> = kernel.iter().filter_map(|extent| usize::try_from(*extent).ok()).collect();
    let rounding = if call.int("ceil_mode", 0) != 0 { Rounding::Up } else { Rounding::Down };
    let window = Window::of(call, &kernel, &[rows, columns][2 - axes..], rounding)?;
    call.claim(&[samples, channels, window.kernel(), window.count()])?;
    if !call.learns && is_single(&plane) {
        let made = directly(call, &plane, &window, pool)?;
        return call.made(if axes == 1 { made.squeeze(2)? } else { made });
    }
    // Every channel is a sample of its own: no window reads two.
    let flat = plane.contiguous()?.reshape((samples * channels, 1, rows, columns))?;
    let read =
        if pool == Pool::Largest { lifted(&flat, window)? } else { flat.apply_op1(ToColumns(window))? };
    let read = read.reshape((window.kernel(), samples * channels, window.count()))?;
    let made = match pool {
        Pool::Largest | Pool::LargestOfAll => read.max(0)?,
        Pool::Mean | Pool::MeanOfAll => {
            let sizes = sizes(&window, call.int("count_include_pad", 0) != 0);
            read.sum(0)?.broadcast_div(&Tensor::new(sizes, map.device())?)?
        }
    };
    let made = made.reshape((samples, channels, window.rows.count, window.columns.count))?;
    call.made(if axes == 1 { made.squeeze(2)? } else { made })
}

/// Without derivatives.
fn directly(call: &Call<'_>, plane: &Tensor, window: &Window, pool: Pool) -> Result<Tensor, Fault> {
    call.budget.room(&[window.rows.read(), window.columns.read()])?;
    match pool {
        Pool::Largest | Pool::LargestOfAll => folded(plane, window, Folded::Largest, &|_, _, _| {}),
        Pool::Mean | Pool::MeanOfAll => {
            let sizes = sizes(window, call.int("count_include_pad", 0) != 0);
            let finish = |_: usize, _: usize, sums: &mut [f32]| {
                sums.iter_mut().zip(&sizes).for_each(|(sum, size)| *sum /= size);
            };
            folded(plane, window, Folded::Weighted(&vec![1.0; window.kernel()]), &finish)
        }
    }
}

/// What each window reads, with something smaller than everything where it lies outside.
fn lifted(flat: &Tensor, window: Window) -> Result<Tensor, Fault> {
    let read = flat.apply_op1(ToColumns(window))?;
    let inside = flat.ones_like()?.narrow(0, 0, 1)?.contiguous()?.apply_op1_no_bwd(&ToColumns(window))?;
    let outside = inside.affine(-1.0, 1.0)?.affine(f64::from(f32::MIN), 0.0)?;
    let (kernel, count) = (window.kernel(), window.count());
    let samples = flat.dim(0)?;
    let read = read.reshape((kernel, samples, count))?;
    Ok(read.broadcast_add(&outside.reshape((kernel, 1, count))?)?)
}

/// How many positions each window's mean is over: those that it has in the map, or in the map and its pads.
fn sizes(window: &Window, with_pads: bool) -> Vec<f32> {
    let along = |span: &Span| -> Vec<usize> {
        let end = span.extent + if with_pads { span.pads[0] + span.pads[1] } else { 0 };
        let of = |at: usize| {
            (0..span.kernel).filter(move |tap| {
                let padded = at * span.stride + tap * span.dilation;
                if with_pads { padded < end } else { span.position(at, *tap).is_some() }
            })
        };
        (0..span.count).map(|at| of(at).count()).collect()
    };
    let columns = along(&window.columns);
    let product = |row: usize| columns.iter().map(move |column| (row * column).max(1) as f32);
    along(&window.rows).into_iter().flat_map(product).collect()
}
