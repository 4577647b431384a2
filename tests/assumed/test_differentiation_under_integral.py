"""Central differences of x -> int f(x, y) dmu(y) against int D_x f(x, y) dmu(y), decided in ball arithmetic.

|(F(x + h) - F(x - h))/(2 h) - F'(x)| <= h^2/6 sup |F'''|; both integrals are enclosed, so no tolerance is chosen.
Not tested: measures without density or atoms, x of more than one coordinate.
"""

import pytest
from flint import acb, arb, ctx, fmpq

H = fmpq(1, 64)
PLACES = [fmpq(k, 4) for k in (-8, -3, 0, 1, 6)]


@pytest.fixture(autouse=True)
def precision():
    old, ctx.prec = ctx.prec, 128
    yield
    ctx.prec = old


# mu on [0, 1]: density and atoms
MEASURES = {
    "Lebesgue": (lambda y: acb(1), []),
    "2y dy": (lambda y: 2 * y, []),
    "density and atoms": (lambda y: y * y, [(fmpq(1, 3), fmpq(1, 7)), (fmpq(1, 3), fmpq(1))]),
}

# f, D_x f, and a bound of |D_x^3 f| for |t| <= b, y in [0, 1]
FAMILIES = {
    "e^{xy}": (lambda x, y: (x * y).exp(), lambda x, y: y * (x * y).exp(), lambda b: arb(b).exp()),
    "y e^{xy}": (lambda x, y: y * (x * y).exp(), lambda x, y: y * y * (x * y).exp(), lambda b: arb(b).exp()),
    "cos(xy + y^2)": (lambda x, y: (x * y + y * y).cos(), lambda x, y: -y * (x * y + y * y).sin(), lambda b: arb(1)),
}


def integral(function, x, measure):
    density, atoms = measure
    smooth = acb.integral(lambda y, _: function(acb(x), y) * density(y), 0, 1).real
    return smooth + sum((arb(w) * function(acb(x), acb(y)).real for w, y in atoms), arb(0))


def agrees(above, below, derivative, third):
    return bool(abs((above - below) / (2 * arb(H)) - derivative) <= arb(H) ** 2 / 6 * third)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("x", PLACES, ids=str)
def test_difference_quotient_is_the_integral_of_the_derivative(family, measure, x):
    (f, slope, third), mu = FAMILIES[family], MEASURES[measure]
    mass = integral(lambda x, y: acb(1), x, mu)
    above, below = integral(f, x + H, mu), integral(f, x - H, mu)
    assert agrees(above, below, integral(slope, x, mu), mass * third(abs(x) + H))


@pytest.mark.parametrize("x", PLACES, ids=str)
def test_control_a_wrong_derivative_is_noticed(x):
    f, mu = FAMILIES["e^{xy}"][0], MEASURES["Lebesgue"]
    above, below = integral(f, x + H, mu), integral(f, x - H, mu)
    assert not agrees(above, below, integral(f, x, mu), arb(abs(x) + H).exp())


def test_control_fails_without_continuity():
    # f = x^3/y^2 e^{-x^2/y}, f(x, 0) = 0, is discontinuous at (0, 0):
    # F(x) = x e^{-x^2} has F'(0) = 1, but D_x f(0, y) = 0 for every y
    x, cut = fmpq(3, 4), fmpq(1, 50)
    part = acb.integral(lambda y, _: acb(x) ** 3 / y**2 * (-(acb(x) ** 2) / y).exp(), cut, 1).real
    primitive = arb(x) * ((-arb(x * x)).exp() - (-arb(x * x / cut)).exp())
    assert part.overlaps(primitive)

    def F(x):
        return arb(x) * (-arb(x * x)).exp()

    third = arb(10)  # F''' = (-8x^4 + 24x^2 - 6) e^{-x^2}, at most 10 for |x| <= 1/64
    assert agrees(F(H), F(-H), arb(1), third)
    assert not agrees(F(H), F(-H), arb(0), third)
