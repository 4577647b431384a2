(** Restricted Stone-Weierstrass (LT-18): a lattice of functions that interpolates a function at any two points is uniformly
    dense at it. The two-cover argument, on a space that is compact by open covers; nothing else is assumed.

    First cover: for fixed p the sets {z : f_pq(z) < v(z) + e}, q in the space; the minimum of finitely many f_pq is below
    v + e everywhere and equals v at p. Second cover: the sets {z : m_p(z) > v(z) - e}; the maximum of finitely many m_p. *)

From Coq Require Import Reals Lra List.
Import ListNotations.
From Facts Require Import Compactness.
Open Scope R_scope.

Definition lattice (X : Metric_Space) (L : (Base X -> R) -> Prop) : Prop :=
  forall f g, L f -> L g -> L (fun z => Rmax (f z) (g z)) /\ L (fun z => Rmin (f z) (g z)).

Lemma below_open : forall (X : Metric_Space) (f g : Base X -> R) (c : R),
  continuous_real X f -> continuous_real X g -> is_open X (fun z => f z < g z + c).
Proof.
  intros X f g c cont_f cont_g x room.
  destruct (cont_f x ((g x + c - f x) / 2)) as [r1 [r1_pos near1]]; [lra|].
  destruct (cont_g x ((g x + c - f x) / 2)) as [r2 [r2_pos near2]]; [lra|].
  exists (Rmin r1 r2). split; [apply Rmin_pos; assumption|]. intros y close.
  generalize (Rmin_l r1 r2) (Rmin_r r1 r2); intros le1 le2.
  specialize (near1 y ltac:(lra)). specialize (near2 y ltac:(lra)).
  apply Rabs_def2 in near1. apply Rabs_def2 in near2. lra.
Qed.

Section Lattice.
Variable X : Metric_Space.
Variable L : (Base X -> R) -> Prop.
Variable v : Base X -> R.
Hypothesis comp : compact X.
Hypothesis closed : lattice X L.
Hypothesis continuous : forall f, L f -> continuous_real X f.
Hypothesis v_continuous : continuous_real X v.
Hypothesis interpolates : forall p q, exists f, L f /\ f p = v p /\ f q = v q.

Lemma row : forall (p : Base X) (eps : R), 0 < eps -> exists m, L m /\ m p = v p /\ forall z, m z < v z + eps.
Proof.
  intros p eps eps_pos.
  destruct (comp (fun A => is_open X A /\ exists f, L f /\ f p = v p /\ forall z, A z -> f z < v z + eps))
    as [finite [members cover]].
  { intros A [op _]. exact op. }
  { intros q. destruct (interpolates p q) as [f [Lf [at_p at_q]]].
    exists (fun z => f z < v z + eps). split; [split|lra].
    - apply below_open; [apply continuous, Lf | exact v_continuous].
    - exists f. split; [exact Lf|]. split; [exact at_p | intros z inside; exact inside]. }
  assert (minimum : exists m, L m /\ m p = v p /\ forall A, In A finite -> forall z, A z -> m z < v z + eps).
  { clear cover. induction finite as [|A finite IH].
    - destruct (interpolates p p) as [f [Lf [at_p _]]]. exists f. split; [exact Lf|]. split; [exact at_p | intros A []].
    - destruct IH as [m [Lm [m_at_p below]]]; [intros B member; apply members; right; exact member|].
      destruct (members A (or_introl eq_refl)) as [_ [f [Lf [f_at_p inside]]]].
      exists (fun z => Rmin (m z) (f z)). split; [apply (closed m f Lm Lf)|]. split.
      + rewrite m_at_p, f_at_p. apply Rmin_left. lra.
      + intros B [<- | member] z Bz.
        * apply Rle_lt_trans with (1 := Rmin_r _ _). apply inside, Bz.
        * apply Rle_lt_trans with (1 := Rmin_l _ _). apply (below B member z Bz). }
  destruct minimum as [m [Lm [at_p below]]]. exists m. split; [exact Lm|]. split; [exact at_p|].
  intros z. destruct (cover z) as [A [member Az]]. exact (below A member z Az).
Qed.

Theorem lattice_dense : forall (somewhere : Base X) (eps : R), 0 < eps ->
  exists h, L h /\ forall z, Rabs (h z - v z) < eps.
Proof.
  intros somewhere eps eps_pos.
  destruct (comp (fun A => is_open X A /\ exists m, L m /\ (forall z, m z < v z + eps) /\ forall z, A z -> v z < m z + eps))
    as [finite [members cover]].
  { intros A [op _]. exact op. }
  { intros p. destruct (row p eps eps_pos) as [m [Lm [at_p below]]].
    exists (fun z => v z < m z + eps). split; [split|lra].
    - apply below_open; [exact v_continuous | apply continuous, Lm].
    - exists m. split; [exact Lm|]. split; [exact below | intros z inside; exact inside]. }
  assert (maximum : exists h, L h /\ (forall z, h z < v z + eps) /\
    forall A, In A finite -> forall z, A z -> v z < h z + eps).
  { clear cover. induction finite as [|A finite IH].
    - destruct (row somewhere eps eps_pos) as [m [Lm [_ below]]].
      exists m. split; [exact Lm|]. split; [exact below | intros A []].
    - destruct IH as [h [Lh [below above]]]; [intros B member; apply members; right; exact member|].
      destruct (members A (or_introl eq_refl)) as [_ [m [Lm [m_below inside]]]].
      exists (fun z => Rmax (h z) (m z)). split; [apply (closed h m Lh Lm)|]. split.
      + intros z. apply Rmax_lub_lt; [apply below | apply m_below].
      + intros B [<- | member] z Bz.
        * generalize (Rmax_r (h z) (m z)) (inside z Bz). lra.
        * generalize (Rmax_l (h z) (m z)) (above B member z Bz). lra. }
  destruct maximum as [h [Lh [below above]]]. exists h. split; [exact Lh|].
  intros z. destruct (cover z) as [A [member Az]].
  generalize (below z) (above A member z Az). intros low high. apply Rabs_def1; lra.
Qed.
End Lattice.

Definition one_lipschitz (Z : Metric_Space) (f : Base Z -> R) : Prop :=
  forall p q, Rabs (f p - f q) <= dist Z p q.

Lemma one_lipschitz_continuous : forall (Z : Metric_Space) (f : Base Z -> R), one_lipschitz Z f -> continuous_real Z f.
Proof.
  intros Z f lip x eps eps_pos. exists eps. split; [exact eps_pos|]. intros y near.
  apply Rle_lt_trans with (1 := lip y x). rewrite dist_sym. exact near.
Qed.

(** LT-18 on any compact metric space Z with two points. *)
Theorem restricted_stone_weierstrass : forall (Z : Metric_Space) (L : (Base Z -> R) -> Prop) (a b : Base Z),
  compact Z -> a <> b -> lattice Z L -> (forall f, L f -> one_lipschitz Z f) ->
  (forall p q s t, p <> q -> Rabs (s - t) < dist Z p q -> exists f, L f /\ f p = s /\ f q = t) ->
  forall (g : Base Z -> R) (eps : R), one_lipschitz Z g -> 0 < eps ->
  exists h, L h /\ forall z, Rabs (h z - g z) < eps.
Proof.
  intros Z L a b comp two closed lip interpolates g eps g_lip eps_pos.
  destruct (continuous_bounded Z g comp (one_lipschitz_continuous Z g g_lip)) as [G bound].
  assert (G_pos : 0 <= G) by (apply Rle_trans with (2 := bound a); apply Rabs_pos).
  (* shrink g a little: v = rho g has gaps strictly below the distance *)
  set (tau := Rmin (1 / 2) (eps / (2 * (G + 1)))).
  assert (tau_small : tau <= 1 / 2) by apply Rmin_l.
  assert (tau_pos : 0 < tau) by (unfold tau; apply Rmin_pos; [lra | apply Rdiv_lt_0_compat; lra]).
  assert (tau_loss : tau * G <= eps / 2).
  { apply Rle_trans with (eps / (2 * (G + 1)) * G).
    - apply Rmult_le_compat_r; [exact G_pos | apply Rmin_r].
    - apply Rmult_le_reg_r with (2 * (G + 1)); [lra|].
      replace (eps / (2 * (G + 1)) * G * (2 * (G + 1))) with (eps * G) by (field; lra).
      replace (eps / 2 * (2 * (G + 1))) with (eps * (G + 1)) by field. nra. }
  set (v := fun z => (1 - tau) * g z).
  assert (v_gap : forall p q, Rabs (v p - v q) <= (1 - tau) * dist Z p q).
  { intros p q. unfold v. rewrite <- Rmult_minus_distr_l, Rabs_mult, (Rabs_pos_eq (1 - tau)) by lra.
    apply Rmult_le_compat_l; [lra | apply g_lip]. }
  assert (v_lip : one_lipschitz Z v).
  { intros p q. apply Rle_trans with (1 := v_gap p q). generalize (dist_pos Z p q). nra. }
  assert (pair : forall p q, p <> q -> exists f, L f /\ f p = v p /\ f q = v q).
  { intros p q apart. apply interpolates; [exact apart|]. apply Rle_lt_trans with (1 := v_gap p q).
    assert (positive : 0 < dist Z p q).
    { destruct (dist_pos Z p q) as [pos | zero]; [exact pos|]. apply dist_refl in zero. contradiction. }
    nra. }
  assert (any : forall p q, exists f, L f /\ f p = v p /\ f q = v q).
  { intros p q. destruct (Req_dec (dist Z p q) 0) as [zero | apart].
    - apply dist_refl in zero. subst q. destruct (Req_dec (dist Z p a) 0) as [zero | apart].
      + apply dist_refl in zero. subst p. destruct (pair a b two) as [f [Lf [at_p _]]]. exists f. auto.
      + destruct (pair p a) as [f [Lf [at_p _]]]; [|exists f; auto]. intro same. apply apart, dist_refl, same.
    - apply pair. intro same. apply apart, dist_refl, same. }
  assert (continuous : forall f, L f -> continuous_real Z f).
  { intros f Lf. apply one_lipschitz_continuous, lip, Lf. }
  destruct (lattice_dense Z L v comp closed continuous (one_lipschitz_continuous Z v v_lip) any a (eps / 2))
    as [h [Lh close]]; [lra|].
  exists h. split; [exact Lh|]. intros z. specialize (close z). specialize (bound z).
  replace (h z - g z) with ((h z - v z) + - (tau * g z)) by (unfold v; ring).
  apply Rle_lt_trans with (1 := Rabs_triang _ _). rewrite Rabs_Ropp, Rabs_mult, (Rabs_pos_eq tau) by lra. nra.
Qed.

(** Why d = d_X + C d_U is the distance of LT-18: 1-Lipschitz in X and C-Lipschitz in U, separately, is 1-Lipschitz for d. *)
Theorem separately_lipschitz : forall (U X : Metric_Space) (C : R) (f : Base U -> Base X -> R), 0 <= C ->
  ((forall u x y, Rabs (f u x - f u y) <= dist X x y) /\ (forall u w x, Rabs (f u x - f w x) <= C * dist U u w)) <->
  (forall u w x y, Rabs (f u x - f w y) <= dist X x y + C * dist U u w).
Proof.
  intros U X C f C_pos. split.
  - intros [in_x in_u] u w x y. replace (f u x - f w y) with ((f u x - f u y) + (f u y - f w y)) by ring.
    apply Rle_trans with (1 := Rabs_triang _ _). apply Rplus_le_compat; auto.
  - intros both. split.
    + intros u x y. apply Rle_trans with (1 := both u u x y). rewrite (dist_self U u). lra.
    + intros u w x. apply Rle_trans with (1 := both u w x x). rewrite (dist_self X x). lra.
Qed.
