(** Finite inequalities that the lemmas use: the discrete Groenwall inequality, and for finite measures Popoviciu's
    inequality and the covariance bound.

    A finite measure is a list of (weight, s, t): s and t are the values of two functions at an atom. *)

From Coq Require Import Reals Lra List.
Import ListNotations.
Open Scope R_scope.

(** If u(k + 1) <= (1 + a k) u(k) + b k for every k then u(n) <= exp(a 0 + ... + a (n - 1)) (u 0 + b 0 + ... + b (n - 1)). *)
Fixpoint total (a : nat -> R) (n : nat) : R :=
  match n with
  | O => 0
  | S k => total a k + a k
  end.

Lemma total_nonneg : forall (a : nat -> R) (n : nat), (forall k, 0 <= a k) -> 0 <= total a n.
Proof.
  intros a n pos. induction n as [|n IH]; simpl; [lra|]. specialize (pos n). lra.
Qed.

Theorem discrete_gronwall : forall (u a b : nat -> R), 0 <= u O -> (forall k, 0 <= a k) -> (forall k, 0 <= b k) ->
  (forall k, u (S k) <= (1 + a k) * u k + b k) ->
  forall n, u n <= exp (total a n) * (u O + total b n).
Proof.
  intros u a b start a_pos b_pos step. induction n as [|n IH]; simpl.
  - rewrite exp_0. lra.
  - apply Rle_trans with (1 := step n).
    assert (grow : 1 + a n <= exp (a n)) by apply exp_ineq1_le.
    assert (one : 1 <= exp (total a n)).
    { generalize (exp_ineq1_le (total a n)) (total_nonneg a n a_pos). lra. }
    generalize (total_nonneg b n b_pos) (a_pos n) (b_pos n); intros B_pos a_n b_n.
    rewrite exp_plus.
    assert (first : (1 + a n) * u n <= exp (a n) * (exp (total a n) * (u O + total b n))).
    { apply Rle_trans with ((1 + a n) * (exp (total a n) * (u O + total b n))).
      - apply Rmult_le_compat_l; lra.
      - apply Rmult_le_compat_r; [|exact grow]. apply Rmult_le_pos; lra. }
    assert (second : b n <= exp (total a n) * exp (a n) * b n).
    { rewrite <- (Rmult_1_l (b n)) at 1. apply Rmult_le_compat_r; [exact b_n|].
      rewrite <- (Rmult_1_l 1). apply Rmult_le_compat; lra. }
    lra.
Qed.

(** Means with respect to a list of (weight, s, t). *)
Definition atom : Type := (R * R * R)%type.

Fixpoint mean (h : R -> R -> R) (mu : list atom) : R :=
  match mu with
  | nil => 0
  | (w, s, t) :: rest => w * h s t + mean h rest
  end.

Definition probability (mu : list atom) : Prop :=
  (forall w s t, In (w, s, t) mu -> 0 <= w) /\ mean (fun _ _ => 1) mu = 1.

Definition mean_s (mu : list atom) : R := mean (fun s _ => s) mu.
Definition mean_t (mu : list atom) : R := mean (fun _ t => t) mu.
Definition variance (mu : list atom) : R := mean (fun s _ => (s - mean_s mu) * (s - mean_s mu)) mu.
Definition covariance (mu : list atom) : R := mean (fun s t => (s - mean_s mu) * (t - mean_t mu)) mu.

Lemma mean_linear : forall a b f g mu, mean (fun s t => a * f s t + b * g s t) mu = a * mean f mu + b * mean g mu.
Proof.
  intros a b f g mu. induction mu as [|[[w s] t] mu IH]; simpl; [ring|]. rewrite IH. ring.
Qed.

Lemma mean_ext : forall f g mu, (forall s t, f s t = g s t) -> mean f mu = mean g mu.
Proof.
  intros f g mu same. induction mu as [|[[w s] t] mu IH]; simpl; [reflexivity|]. rewrite same, IH. reflexivity.
Qed.

Lemma mean_nonneg : forall h mu, (forall w s t, In (w, s, t) mu -> 0 <= w) ->
  (forall w s t, In (w, s, t) mu -> 0 <= h s t) -> 0 <= mean h mu.
Proof.
  intros h mu weights values. induction mu as [|[[w s] t] mu IH]; simpl; [lra|].
  apply Rplus_le_le_0_compat.
  - apply Rmult_le_pos; [apply (weights w s t) | apply (values w s t)]; left; reflexivity.
  - apply IH; intros w' s' t' member; [apply (weights w' s' t') | apply (values w' s' t')]; right; exact member.
Qed.

(** Popoviciu: values of s between lo and hi have variance at most (hi - lo)^2/4. *)
Theorem popoviciu : forall (mu : list atom) (lo hi : R), probability mu ->
  (forall w s t, In (w, s, t) mu -> lo <= s <= hi) -> variance mu <= (hi - lo) * (hi - lo) / 4.
Proof.
  intros mu lo hi [weights one] range. unfold variance. set (m := mean_s mu).
  (* (hi - s)(s - lo) >= 0 *)
  assert (inside : 0 <= mean (fun s _ => (hi - s) * (s - lo)) mu).
  { apply mean_nonneg; [exact weights|]. intros w s t member. specialize (range w s t member).
    apply Rmult_le_pos; lra. }
  assert (expand : mean (fun s _ => (hi - s) * (s - lo)) mu = (hi + lo) * m - hi * lo - mean (fun s _ => s * s) mu).
  { rewrite (mean_ext _ (fun s t => (hi + lo) * s + (-1) * (1 * (s * s) + hi * lo * 1))) by (intros; ring).
    rewrite (mean_linear (hi + lo) (-1) (fun s _ => s) (fun s _ => 1 * (s * s) + hi * lo * 1)).
    rewrite (mean_linear 1 (hi * lo) (fun s _ => s * s) (fun _ _ => 1)). rewrite one. unfold m, mean_s. ring. }
  assert (square : mean (fun s _ => (s - m) * (s - m)) mu = mean (fun s _ => s * s) mu - m * m).
  { rewrite (mean_ext _ (fun s t => 1 * (s * s) + 1 * ((-2 * m) * s + (m * m) * 1))) by (intros; ring).
    rewrite (mean_linear 1 1 (fun s _ => s * s) (fun s _ => (-2 * m) * s + (m * m) * 1)).
    rewrite (mean_linear (-2 * m) (m * m) (fun s _ => s) (fun _ _ => 1)). rewrite one.
    change (mean (fun s _ => s) mu) with m. ring. }
  rewrite square. rewrite expand in inside.
  assert (0 <= (m - (hi + lo) / 2) * (m - (hi + lo) / 2)) by apply Rle_0_sqr. lra.
Qed.

Definition swap (mu : list atom) : list atom := map (fun x => (fst (fst x), snd x, snd (fst x))) mu.

Lemma mean_swap : forall h mu, mean h (swap mu) = mean (fun s t => h t s) mu.
Proof. intros h mu. induction mu as [|[[w s] t] mu IH]; simpl; [reflexivity | rewrite IH; reflexivity]. Qed.

(** Cauchy-Schwarz for the covariance: cov(s, t)^2 <= var(s) var(t). *)
Theorem covariance_cauchy : forall mu : list atom, probability mu ->
  covariance mu * covariance mu <= variance mu * variance (swap mu).
Proof.
  intros mu [weights one].
  set (V := variance mu). set (C := covariance mu).
  assert (other : variance (swap mu) = mean (fun s t => (t - mean_t mu) * (t - mean_t mu)) mu).
  { unfold variance, mean_s. rewrite !mean_swap. reflexivity. }
  rewrite other. set (W := mean (fun s t => (t - mean_t mu) * (t - mean_t mu)) mu).
  assert (quadratic : forall x y, 0 <= x * x * V + 2 * x * y * C + y * y * W).
  { intros x y.
    assert (pos : 0 <= mean (fun s t => (x * (s - mean_s mu) + y * (t - mean_t mu)) * (x * (s - mean_s mu) + y * (t - mean_t mu))) mu).
    { apply mean_nonneg; [exact weights|]. intros w s t _. apply Rle_0_sqr. }
    rewrite (mean_ext _ (fun s t => (x * x) * ((s - mean_s mu) * (s - mean_s mu)) +
      1 * ((2 * x * y) * ((s - mean_s mu) * (t - mean_t mu)) + (y * y) * ((t - mean_t mu) * (t - mean_t mu))))) in pos
      by (intros; ring).
    rewrite (mean_linear (x * x) 1 (fun s _ => (s - mean_s mu) * (s - mean_s mu))
      (fun s t => (2 * x * y) * ((s - mean_s mu) * (t - mean_t mu)) + (y * y) * ((t - mean_t mu) * (t - mean_t mu)))) in pos.
    rewrite (mean_linear (2 * x * y) (y * y) (fun s t => (s - mean_s mu) * (t - mean_t mu))
      (fun _ t => (t - mean_t mu) * (t - mean_t mu))) in pos.
    change (mean (fun s _ => (s - mean_s mu) * (s - mean_s mu)) mu) with V in pos.
    change (mean (fun s t => (s - mean_s mu) * (t - mean_t mu)) mu) with C in pos. fold W in pos. lra. }
  assert (V_pos : 0 <= V) by (specialize (quadratic 1 0); lra).
  destruct (Rle_lt_or_eq_dec 0 V V_pos) as [pos | zero].
  - specialize (quadratic (- C) V).
    assert (0 <= V * (V * W - C * C)) by lra.
    apply Rnot_lt_le. intro bad. assert (0 < V * (C * C - V * W)) by (apply Rmult_lt_0_compat; lra). lra.
  - rewrite <- zero in *. destruct (Req_dec C 0) as [null | some]; [rewrite null; lra|]. exfalso.
    specialize (quadratic (- (W + 1) / (2 * C)) 1).
    replace (2 * (- (W + 1) / (2 * C)) * 1 * C) with (- (W + 1)) in quadratic by (field; exact some). lra.
Qed.

(** The covariance bound: |cov(s, t)| <= (hi - lo)(hi' - lo')/4. *)
Theorem covariance_bound : forall (mu : list atom) (lo hi lo' hi' : R), probability mu ->
  (forall w s t, In (w, s, t) mu -> lo <= s <= hi /\ lo' <= t <= hi') ->
  Rabs (covariance mu) <= (hi - lo) * (hi' - lo') / 4.
Proof.
  intros mu lo hi lo' hi' prob range.
  assert (other : probability (swap mu)).
  { destruct prob as [weights one]. split.
    - intros w s t member. apply in_map_iff in member. destruct member as [[[w' s'] t'] [[= <- <- <-] member]].
      exact (weights _ _ _ member).
    - rewrite mean_swap. exact one. }
  assert (first : variance mu <= (hi - lo) * (hi - lo) / 4).
  { apply popoviciu; [exact prob|]. intros w s t member. apply (range w s t member). }
  assert (second : variance (swap mu) <= (hi' - lo') * (hi' - lo') / 4).
  { apply popoviciu; [exact other|]. intros w s t member. apply in_map_iff in member.
    destruct member as [[[w' s'] t'] [[= <- <- <-] member]]. apply (range _ _ _ member). }
  assert (ordered : lo <= hi /\ lo' <= hi').
  { destruct mu as [|[[w s] t] mu].
    - destruct prob as [_ one]. simpl in one. lra.
    - destruct (range w s t (or_introl eq_refl)). lra. }
  generalize (covariance_cauchy mu prob). intro cauchy.
  assert (V_pos : 0 <= variance mu).
  { apply mean_nonneg; [apply prob | intros; apply Rle_0_sqr]. }
  assert (W_pos : 0 <= variance (swap mu)).
  { apply mean_nonneg; [apply other | intros; apply Rle_0_sqr]. }
  assert (square : covariance mu * covariance mu <= ((hi - lo) * (hi' - lo') / 4) * ((hi - lo) * (hi' - lo') / 4)).
  { apply Rle_trans with (1 := cauchy).
    replace ((hi - lo) * (hi' - lo') / 4 * ((hi - lo) * (hi' - lo') / 4))
      with ((hi - lo) * (hi - lo) / 4 * ((hi' - lo') * (hi' - lo') / 4)) by field.
    apply Rmult_le_compat; assumption. }
  apply Rsqr_incr_0_var.
  - rewrite <- Rsqr_abs. exact square.
  - assert (0 <= (hi - lo) * (hi' - lo')) by (apply Rmult_le_pos; lra). lra.
Qed.
