"""Textbook facts that no polynomial identity can give. Each lemma names those it rests on; the list is kept short.

A lemma that rests on one of them is PROVED_MODULO(it). Those with a `proof` are proved in Coq, in the file named; the others
are assumed. The ledger prints statement, citation and, for the former, the Coq theorem.
"""

from proofcheck.lemma import AssumedFact

FACTS = {
    fact.name: fact
    for fact in (
        AssumedFact(
            "differentiation_under_integral",
            "Let mu be a finite Borel measure on a compact set Omega, and f, D_x f continuous on U x Omega, U open in R^d. "
            "Then x -> int f(x, y) dmu(y) is continuously differentiable on U, with derivative int D_x f(x, y) dmu(y).",
            "W. Rudin, Principles of Mathematical Analysis, 3rd ed., McGraw-Hill 1976, Theorem 9.42 "
            "(for Borel measures: G. B. Folland, Real Analysis, 2nd ed., Wiley 1999, Theorem 2.27)",
            proof="lemmas/coq/Integral.v: differentiation_under_integral",
        ),
        AssumedFact(
            "mean_value_inequality",
            "Let f: U -> R^m be continuously differentiable on an open convex U in R^d with |Df(x) u| <= L |u| for all x in U "
            "and u in R^d. Then |f(x) - f(y)| <= L |x - y| for all x, y in U.",
            "W. Rudin, Principles of Mathematical Analysis, 3rd ed., McGraw-Hill 1976, Theorem 9.19",
            proof="lemmas/coq/MeanValue.v: mean_value_inequality",
        ),
        AssumedFact(
            "induction_on_depth",
            "If a statement S(0) holds and S(k) implies S(k + 1) for every natural k, then S(k) holds for every natural k.",
            "Peano's axiom of induction; W. Rudin, Principles of Mathematical Analysis, 3rd ed., McGraw-Hill 1976, chapter 1",
            proof="lemmas/coq/Induction.v: induction_on_depth",
        ),
        AssumedFact(
            "kantorovich_rubinstein_duality",
            "Let mu, nu be Borel probability measures on a compact metric space Omega. Then there is a 1-Lipschitz "
            "phi: Omega -> R with int phi dmu - int phi dnu = W_1(mu, nu), the infimum of the cost of their couplings.",
            "C. Villani, Topics in Optimal Transportation, AMS 2003, Theorem 1.14; that phi exists: C. Villani, Optimal "
            "Transport, Old and New, Springer 2009, Theorem 5.10 (iii) with Particular Case 5.4 (see Remark 6.5)",
            proof="lemmas/coq/Kantorovich.v: kantorovich_rubinstein_duality",
        ),
        AssumedFact(
            "compactness",
            "Every open cover of a compact metric space has a finite subcover, the product of two compact metric spaces is "
            "compact, and a continuous real function on a compact metric space is bounded.",
            "W. Rudin, Principles of Mathematical Analysis, 3rd ed., McGraw-Hill 1976, Definition 2.32 and Theorem 4.15 "
            "(products: J. R. Munkres, Topology, 2nd ed., Prentice Hall 2000, Theorem 26.7)",
            proof="lemmas/coq/Compactness.v: compactness",
        ),
        AssumedFact(
            "compactness_of_probability_measures",
            "If Omega is a compact metric space, then the Borel probability measures on Omega with the distance W_1 are a "
            "compact metric space.",
            "C. Villani, Optimal Transport, Old and New, Springer 2009, Theorem 6.9 and Remark 6.19 (from Prokhorov's theorem)",
            proof="lemmas/coq/Prokhorov.v: compactness_of_probability_measures",
        ),
        AssumedFact(
            "uniform_limit",
            "Let K be a compact metric space and f_1, f_2, ...: K -> R^m continuous with sup |f_j - f_k| -> 0 as j, k -> infinity. "
            "Then there is a continuous f: K -> R^m with sup |f_k - f| -> 0.",
            "W. Rudin, Principles of Mathematical Analysis, 3rd ed., McGraw-Hill 1976, Theorem 7.8 and Theorem 7.12",
            proof="lemmas/coq/UniformLimit.v: uniform_limit",
        ),
    )
}
