(** The mean value inequality, without continuity of the derivative and for maps between any two real normed spaces.

    Proof: where f is differentiable with |Df u| <= L |u| it is (L + e)-Lipschitz towards nearby points. The set of t up to
    which |f(x + s (y - x)) - f(x)| <= (L + e) s |y - x| has a supremum; the local bound there shows that it is 1. Then e -> 0. *)

From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
From Facts Require Import Euclidean.
Open Scope R_scope.

(** A map of [0, 1] that is K-Lipschitz from each point to the points near it is K-Lipschitz from 0 to 1. *)
Lemma local_to_global : forall (W : NormedModule R_AbsRing) (g : R -> W) (K : R),
  0 <= K ->
  (forall c, 0 <= c <= 1 -> exists delta, 0 < delta /\
     forall t, 0 <= t <= 1 -> Rabs (t - c) < delta -> norm (minus (g t) (g c)) <= K * Rabs (t - c)) ->
  norm (minus (g 1) (g 0)) <= K.
Proof.
  intros W g K nonneg near.
  set (E := fun t => 0 <= t <= 1 /\ forall s, 0 <= s <= t -> norm (minus (g s) (g 0)) <= K * s).
  assert (start : E 0).
  { split; [lra|]. intros s range. replace s with 0 by lra. rewrite norm_minus_self. lra. }
  destruct (completeness E) as [m [upper least]].
  { exists 1. intros t [range _]. lra. }
  { exists 0. exact start. }
  assert (m_low : 0 <= m) by (apply upper; exact start).
  assert (m_high : m <= 1) by (apply least; intros t [range _]; lra).
  destruct (near m (conj m_low m_high)) as [delta [delta_pos close]].
  assert (below : forall s, 0 <= s < m -> norm (minus (g s) (g 0)) <= K * s).
  { intros s range. apply Rnot_lt_le. intro bad.
    assert (bound : m <= s); [|lra].
    apply least. intros t [t_range inside]. apply Rnot_lt_le. intro beyond.
    specialize (inside s (conj (proj1 range) (Rlt_le _ _ beyond))). lra. }
  assert (at_m : norm (minus (g m) (g 0)) <= K * m).
  { destruct (Rle_lt_or_eq_dec 0 m m_low) as [pos | zero].
    - set (s := Rmax (m / 2) (m - delta / 2)).
      assert (s_range : 0 <= s < m).
      { unfold s. split; [apply Rle_trans with (m / 2); [lra | apply Rmax_l] | apply Rmax_lub_lt; lra]. }
      assert (s_close : m - delta / 2 <= s) by apply Rmax_r.
      assert (step : norm (minus (g s) (g m)) <= K * Rabs (s - m)).
      { apply close; [lra|]. rewrite Rabs_left1 by lra. lra. }
      rewrite Rabs_left1 in step by lra.
      specialize (below s s_range). rewrite norm_minus_sym in step.
      apply Rle_trans with (1 := norm_minus_triangle W _ (g s) _). lra.
    - rewrite <- zero, norm_minus_self. lra. }
  set (t := Rmin 1 (m + delta / 2)).
  assert (t_range : m <= t <= 1) by (unfold t; split; [apply Rmin_glb; lra | apply Rmin_l]).
  assert (t_close : t <= m + delta / 2) by apply Rmin_r.
  assert (inside : E t).
  { split; [lra|]. intros s s_range. destruct (Rlt_le_dec s m) as [low | high]; [apply below; lra|].
    assert (step : norm (minus (g s) (g m)) <= K * Rabs (s - m)).
    { apply close; [lra|]. rewrite Rabs_pos_eq by lra. lra. }
    rewrite Rabs_pos_eq in step by lra.
    apply Rle_trans with (1 := norm_minus_triangle W _ (g m) _). lra. }
  assert (end_point : t = 1).
  { assert (t <= m) by (apply upper; exact inside).
    unfold t in *. destruct (Rle_lt_dec 1 (m + delta / 2)) as [far | short].
    - apply Rmin_left. exact far.
    - rewrite Rmin_right in * by lra. lra. }
  destruct inside as [_ inside]. specialize (inside 1). lra.
Qed.

Section MeanValue.
Variables V W : NormedModule R_AbsRing.

Definition point (x y : V) (t : R) : V := plus x (scal t (minus y x)).

Definition convex (U : V -> Prop) : Prop := forall x y t, U x -> U y -> 0 <= t <= 1 -> U (point x y t).

(** l is the derivative of f at x relative to U (for x inside an open U: the derivative). *)
Definition derivative_within (U : V -> Prop) (f : V -> W) (x : V) (l : V -> W) : Prop :=
  forall eps, 0 < eps -> exists delta, 0 < delta /\ forall y, U y -> norm (minus y x) < delta ->
    norm (minus (minus (f y) (f x)) (l (minus y x))) <= eps * norm (minus y x).

Lemma point_minus : forall x y s t, minus (point x y s) (point x y t) = scal (s - t) (minus y x).
Proof.
  intros x y s t. unfold point. set (u := minus y x).
  transitivity (minus (scal s u) (scal t u)).
  - unfold minus at 1. rewrite opp_plus. rewrite (plus_comm (opp x)), plus_assoc, (plus_comm x), <- !plus_assoc.
    rewrite (plus_comm x), <- plus_assoc, plus_opp_l, plus_zero_r. reflexivity.
  - symmetry. exact (scal_minus_distr_r s t u).
Qed.

Lemma point_0 : forall x y, point x y 0 = x.
Proof. intros x y. unfold point. rewrite (scal_zero_l (minus y x) : scal 0 _ = _). apply plus_zero_r. Qed.

Lemma point_1 : forall x y, point x y 1 = y.
Proof.
  intros x y. unfold point. rewrite (scal_one (minus y x) : scal 1 _ = _).
  unfold minus. rewrite plus_comm, <- plus_assoc, plus_opp_l. apply plus_zero_r.
Qed.

(** |f(y) - f(x)| <= L |y - x| if at each point of the segment the derivative within U stretches the direction y - x, and
    what is parallel to it, by L at most. *)
Theorem mean_value_segment : forall (U : V -> Prop) (f : V -> W) (D : V -> V -> W) (L : R) (x y : V),
  0 <= L -> (forall t, 0 <= t <= 1 -> U (point x y t)) ->
  (forall t, 0 <= t <= 1 -> derivative_within U f (point x y t) (D (point x y t))) ->
  (forall s t, 0 <= t <= 1 -> norm (D (point x y t) (scal s (minus y x))) <= L * norm (scal s (minus y x))) ->
  norm (minus (f y) (f x)) <= L * norm (minus y x).
Proof.
  intros U f D L x y nonneg inside diff bound.
  set (n := norm (minus y x)). assert (n_pos : 0 <= n) by apply norm_ge_0.
  assert (slack : forall eps, 0 < eps -> norm (minus (f y) (f x)) <= (L + eps) * n).
  { intros eps eps_pos.
    generalize (local_to_global W (fun t => f (point x y t)) ((L + eps) * n)); intro global.
    rewrite point_0, point_1 in global. apply global; [nra|].
    intros c c_range. destruct (diff c c_range eps eps_pos) as [delta [delta_pos close]].
    exists (delta / (n + 1)). split; [apply Rdiv_lt_0_compat; lra|].
    intros t t_range t_close.
    assert (length : norm (minus (point x y t) (point x y c)) <= Rabs (t - c) * n).
    { rewrite point_minus. apply (norm_scal (t - c) (minus y x)). }
    assert (t_near : Rabs (t - c) * (n + 1) < delta).
    { apply Rlt_le_trans with (delta / (n + 1) * (n + 1)); [apply Rmult_lt_compat_r; lra|].
      right. field. lra. }
    generalize (Rabs_pos (t - c)); intro abs_pos.
    assert (step : norm (minus (point x y t) (point x y c)) < delta) by nra.
    specialize (close (point x y t) (inside t t_range) step).
    assert (stretch : norm (D (point x y c) (minus (point x y t) (point x y c)))
                      <= L * norm (minus (point x y t) (point x y c))).
    { rewrite point_minus. apply bound. exact c_range. }
    set (a := minus (f (point x y t)) (f (point x y c))) in *.
    set (b := D (point x y c) (minus (point x y t) (point x y c))) in *.
    assert (split : norm a <= norm (minus a b) + norm b).
    { replace a with (plus (minus a b) b) at 1; [apply norm_triangle|].
      unfold minus. rewrite <- plus_assoc, plus_opp_l. apply plus_zero_r. }
    nra. }
  apply Rnot_lt_le. intro bad.
  set (gap := norm (minus (f y) (f x)) - L * n). assert (gap_pos : 0 < gap) by (unfold gap; lra).
  assert (small : 0 < gap / (2 * (n + 1))) by (apply Rdiv_lt_0_compat; lra).
  specialize (slack _ small).
  assert (half : gap / (2 * (n + 1)) * n <= gap / 2).
  { apply Rmult_le_reg_r with (2 * (n + 1)); [lra|].
    replace (gap / (2 * (n + 1)) * n * (2 * (n + 1))) with (gap * n) by (field; lra).
    replace (gap / 2 * (2 * (n + 1))) with (gap * (n + 1)) by field. nra. }
  unfold gap in *. nra.
Qed.

Theorem mean_value_convex : forall (U : V -> Prop) (f : V -> W) (D : V -> V -> W) (L : R),
  0 <= L -> convex U ->
  (forall x, U x -> derivative_within U f x (D x)) ->
  (forall x u, U x -> norm (D x u) <= L * norm u) ->
  forall x y, U x -> U y -> norm (minus (f x) (f y)) <= L * norm (minus x y).
Proof.
  intros U f D L nonneg conv diff bound x y Ux Uy.
  apply (mean_value_segment U f D L y x nonneg).
  - intros t range. apply conv; assumption.
  - intros t range. apply diff, conv; assumption.
  - intros s t range. apply bound, conv; assumption.
Qed.

Lemma filterdiff_within : forall (U : V -> Prop) (f : V -> W) (x : V) (l : V -> W),
  filterdiff f (locally x) l -> derivative_within U f x l.
Proof.
  intros U f x l [_ diff] eps eps_pos.
  specialize (diff x (fun P near => near) (mkposreal eps eps_pos)).
  destruct (locally_norm_le_locally x _ diff) as [delta close].
  exists delta. split; [apply cond_pos|]. intros y _ near. exact (close y near).
Qed.
End MeanValue.

Lemma nonzero_vector : forall d : nat, exists u : euclid d, 0 < norm u.
Proof.
  assert (some : forall d, exists u : euclid d, coordinate d u O = 1).
  { intros [|d]; [exists 1; reflexivity|]. exists (1, zero). reflexivity. }
  intros d. destruct (some d) as [u one]. exists u.
  destruct (norm_ge_0 u) as [pos | null]; [exact pos|].
  symmetry in null. apply norm_eq_zero in null. subst u. exfalso. apply R1_neq_R0. rewrite <- one.
  destruct d; reflexivity.
Qed.

(** The fact, for R^(d+1) and R^(m+1). [filterdiff f (locally x) l] is Coquelicot's "l is linear, bounded and the derivative
    of f at x". That U is open and that D is continuous are not needed. *)
Theorem mean_value_inequality : forall (d m : nat) (U : euclid d -> Prop) (f : euclid d -> euclid m)
    (D : euclid d -> euclid d -> euclid m) (L : R),
  convex (euclid d) U ->
  (forall x, U x -> filterdiff f (locally x) (D x)) ->
  (forall x u, U x -> norm (D x u) <= L * norm u) ->
  forall x y, U x -> U y -> norm (minus (f x) (f y)) <= L * norm (minus x y).
Proof.
  intros d m U f D L conv diff bound x y Ux.
  assert (nonneg : 0 <= L).
  { destruct (nonzero_vector d) as [u pos]. generalize (norm_ge_0 (D x u)) (bound x u Ux). nra. }
  revert x y Ux. apply (mean_value_convex _ _ U f D L nonneg conv).
  - intros x Ux. apply filterdiff_within, diff, Ux.
  - exact bound.
Qed.

(** For real functions of a real variable: a derivative of at least lo moves the function by lo (y - x) at least. *)
Theorem mean_value_lower : forall (f D : R -> R) (lo hi x y : R), x <= y ->
  (forall t, x <= t <= y -> is_derive f t (D t)) -> (forall t, x <= t <= y -> lo <= D t <= hi) ->
  lo * (y - x) <= f y - f x <= hi * (y - x).
Proof.
  intros f D lo hi x y order diff range.
  set (mid := (lo + hi) / 2). set (half := (hi - lo) / 2).
  assert (close : Rabs ((f y - mid * y) - (f x - mid * x)) <= half * Rabs (y - x)).
  { apply (mean_value_convex R_NormedModule R_NormedModule (fun t => x <= t <= y) (fun t => f t - mid * t)
      (fun t u => scal u (D t - mid)) half).
    - unfold half. specialize (range x ltac:(lra)). lra.
    - intros s t c s_in t_in c_in. change (x <= s + c * (t + - s) <= y).
      assert (0 <= (1 - c) * (s - x)) by (apply Rmult_le_pos; lra).
      assert (0 <= c * (t - x)) by (apply Rmult_le_pos; lra).
      assert (0 <= (1 - c) * (y - s)) by (apply Rmult_le_pos; lra).
      assert (0 <= c * (y - t)) by (apply Rmult_le_pos; lra). lra.
    - intros t t_in. apply filterdiff_within.
      change (is_derive (fun t => f t - mid * t) t (D t - mid)).
      apply (is_derive_minus f (fun t => mid * t) t (D t) mid); [apply diff, t_in|].
      auto_derive; [exact I | ring].
    - intros t u t_in. specialize (range t t_in). unfold half, mid.
      change (Rabs (u * (D t - (lo + hi) / 2)) <= (hi - lo) / 2 * Rabs u). rewrite Rabs_mult, Rmult_comm.
      apply Rmult_le_compat_r; [apply Rabs_pos|]. apply Rabs_le. lra.
    - lra.
    - lra. }
  rewrite (Rabs_pos_eq (y - x)) in close by lra. apply Rabs_le_between in close. unfold mid, half in close. nra.
Qed.
