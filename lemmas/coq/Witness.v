(** The assumptions of the facts can be satisfied: intervals are compact, the value at a point is a probability measure, and
    between two such measures W_1 is the distance of the points. *)

From Coq Require Import Reals Lra List Classical.
Import ListNotations.
From Facts Require Import Compactness StoneWeierstrass Integral Couplings Potentials Measures Prokhorov.
Open Scope R_scope.

Definition interval (a b : R) : Metric_Space.
Proof.
  refine (Build_Metric_Space {x : R | a <= x <= b} (fun x y => Rabs (proj1_sig x - proj1_sig y)) _ _ _ _).
  - intros x y. apply Rle_ge, Rabs_pos.
  - intros x y. apply Rabs_minus_sym.
  - intros [x x_in] [y y_in]. simpl. split.
    + intros zero. assert (same : x = y).
      { destruct (Req_dec (x - y) 0) as [null | some]; [lra|]. generalize (Rabs_pos_lt _ some). lra. }
      subst y. f_equal. apply proof_irrelevance.
    + intros [= <-]. replace (x - x) with 0 by ring. apply Rabs_R0.
  - intros x y z. replace (proj1_sig x - proj1_sig y) with ((proj1_sig x - proj1_sig z) + (proj1_sig z - proj1_sig y)) by ring.
    apply Rabs_triang.
Defined.

(** Heine-Borel: the supremum of the t such that [a, t] has a finite subcover is b. *)
Theorem interval_compact : forall a b : R, a <= b -> compact (interval a b).
Proof.
  intros a b order C opens cover.
  set (good := fun t => a <= t <= b /\ exists finite, (forall A, In A finite -> C A) /\
    forall x : Base (interval a b), proj1_sig x <= t -> exists A, In A finite /\ A x).
  (* one member of C more reaches from below x to above it *)
  assert (extend : forall x : Base (interval a b), exists r, 0 < r /\ forall s t, good s -> proj1_sig x - r < s ->
    a <= t <= b -> t < proj1_sig x + r -> good t).
  { intros x. destruct (cover x) as [A [CA Ax]]. destruct (opens A CA x Ax) as [r [r_pos inside]].
    exists r. split; [exact r_pos|]. intros s t [_ [finite [members covers]]] s_near t_in t_near.
    split; [exact t_in|]. exists (A :: finite). split.
    - intros B [<- | member]; [exact CA | apply members, member].
    - intros z z_le. destruct (Rle_lt_dec (proj1_sig z) s) as [low | high].
      + destruct (covers z low) as [B [member Bz]]. exists B. split; [right; exact member | exact Bz].
      + exists A. split; [left; reflexivity|]. apply inside. apply Rabs_def1; lra. }
  assert (start : good a).
  { split; [lra|]. set (o := exist (fun x => a <= x <= b) a (conj (Rle_refl a) order) : Base (interval a b)).
    destruct (cover o) as [A [CA Ao]]. exists [A]. split; [intros B [<- | []]; exact CA|].
    intros x x_le. exists A. split; [left; reflexivity|].
    assert (same : x = o); [|rewrite same; exact Ao].
    apply (dist_refl (interval a b)). simpl. destruct x as [x x_in]. simpl in *.
    replace (x - a) with 0 by lra. apply Rabs_R0. }
  destruct (completeness good) as [m [upper least]].
  { exists b. intros t [range _]. lra. }
  { exists a. exact start. }
  assert (m_in : a <= m <= b) by (split; [apply upper, start | apply least; intros t [range _]; lra]).
  destruct (extend (exist _ m m_in)) as [r [r_pos step]]. simpl in step.
  assert (before : exists s, good s /\ m - r < s).
  { apply NNPP. intro none. assert (m <= m - r); [|lra]. apply least. intros t t_good. apply Rnot_lt_le. intro high.
    apply none. exists t. split; assumption. }
  destruct before as [s [s_good s_near]].
  assert (beyond : good (Rmin b (m + r / 2))).
  { apply (step s); [exact s_good | exact s_near | |].
    - split; [apply Rmin_glb; lra | apply Rmin_l].
    - apply Rle_lt_trans with (1 := Rmin_r b (m + r / 2)). lra. }
  assert (at_b : Rmin b (m + r / 2) = b).
  { generalize (upper _ beyond). unfold Rmin. destruct (Rle_dec b (m + r / 2)); [reflexivity | lra]. }
  rewrite at_b in beyond. destruct beyond as [_ [finite [members covers]]].
  exists finite. split; [exact members|]. intros x. apply covers. apply (proj2_sig x).
Qed.

Theorem dirac_probability : forall (X : Metric_Space) (x : Base X), probability_measure X (fun f => f x).
Proof.
  intros X x. split; [split; [|split]|]; try reflexivity. intros f _ pos. apply pos.
Qed.

Theorem dirac_distance : forall (X : Metric_Space) (comp : compact X) (x y : Base X) (mu nu : measure X),
  (forall f, continuous_real X f -> integral X mu f = f x) -> (forall f, continuous_real X f -> integral X nu f = f y) ->
  dist (measure_space X comp) mu nu = dist X x y.
Proof.
  intros X comp x y mu nu at_x at_y. change (distance X comp mu nu = dist X x y). apply Rle_antisym.
  - apply distance_least. intros f lip. assert (cont : continuous_real X f) by apply one_lipschitz_continuous, lip.
    rewrite at_x, at_y by exact cont. apply Rle_trans with (1 := Rle_abs _). apply lip.
  - assert (lip : one_lipschitz X (fun z => dist X z y)).
    { intros z w. generalize (dist_tri X z y w) (dist_tri X w y z). rewrite (dist_sym X w z). intros. apply Rabs_le. lra. }
    generalize (distance_upper X comp mu nu _ lip).
    rewrite at_x, at_y by apply one_lipschitz_continuous, lip. rewrite (dist_self X y). lra.
Qed.
