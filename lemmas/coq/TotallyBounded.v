(** Complete and totally bounded metric spaces are compact by open covers, given dependent choice.

    [dependent_choice] is a hypothesis of the theorem and not an axiom, so that what rests on it says so. If no finite list covers the space, one of finitely many balls of radius 1 is not covered, in it one of
    radius 1/2, and so on; the centres converge to a point, and the member of the cover around it covers a late ball. *)

From Coq Require Import Reals Lra Lia List Classical.
Import ListNotations.
From Facts Require Import Compactness.
Open Scope R_scope.

(** Dependent choice. *)
Definition dependent_choice : Prop := forall (A : Type) (step : A -> A -> Prop) (start : A),
  (forall a, exists b, step a b) -> exists path : nat -> A, path O = start /\ forall k, step (path k) (path (S k)).

Definition cauchy_sequence (Y : Metric_Space) (y : nat -> Base Y) : Prop :=
  forall eps, 0 < eps -> exists N, forall j k, (N <= j)%nat -> (N <= k)%nat -> dist Y (y j) (y k) < eps.

Definition complete (Y : Metric_Space) : Prop := forall y, cauchy_sequence Y y ->
  exists l, forall eps, 0 < eps -> exists N, forall k, (N <= k)%nat -> dist Y (y k) l < eps.

Definition totally_bounded (Y : Metric_Space) : Prop := forall eps, 0 < eps ->
  exists net : list (Base Y), forall y, exists c, In c net /\ dist Y c y < eps.

Section Covers.
Variable Y : Metric_Space.
Variable C : (Base Y -> Prop) -> Prop.

(** A finite list of members covers the set P. *)
Definition covered (P : Base Y -> Prop) : Prop := exists finite : list (Base Y -> Prop),
  (forall A, In A finite -> C A) /\ forall y, P y -> exists A, In A finite /\ A y.

Lemma covered_union : forall (net : list (Base Y)) (P : Base Y -> Prop) (r : R),
  (forall y, P y -> exists c, In c net /\ dist Y c y < r) ->
  (forall c, In c net -> covered (fun y => P y /\ dist Y c y < r)) -> covered P.
Proof.
  intros net P r split each.
  destruct (finite_union (Base Y) (Base Y) C (fun A y => A y) (map (fun c y => P y /\ dist Y c y < r) net))
    as [total [members covers]].
  { intros A member. apply in_map_iff in member. destruct member as [c [<- inside]]. apply each, inside. }
  exists total. split; [exact members|]. intros y Py. destruct (split y Py) as [c [inside close]].
  apply (covers (fun y => P y /\ dist Y c y < r)); [|split; assumption].
  apply in_map_iff. exists c. split; [reflexivity | exact inside].
Qed.

Lemma uncovered_part : forall (P : Base Y -> Prop) (r : R), totally_bounded Y -> 0 < r -> ~ covered P ->
  exists c, ~ covered (fun y => P y /\ dist Y c y < r).
Proof.
  intros P r bounded r_pos bad. apply NNPP. intro none. apply bad.
  destruct (bounded r r_pos) as [net near]. apply (covered_union net P r).
  - intros y _. apply near.
  - intros c _. apply NNPP. intro worse. apply none. exists c. exact worse.
Qed.
End Covers.

Theorem complete_compact : dependent_choice -> forall Y : Metric_Space,
  complete Y -> totally_bounded Y -> compact Y.
Proof.
  intros choice Y comp bounded C opens cover. apply NNPP. intro bad.
  (* a state: a stage k, a set that no finite list covers, inside a ball of radius 2^-k about its centre if k > 0 *)
  set (state := {s : nat * Base Y * (Base Y -> Prop) | ~ covered Y C (snd s)}).
  set (step := fun s t : state =>
    fst (fst (proj1_sig t)) = S (fst (fst (proj1_sig s))) /\
    forall y, snd (proj1_sig t) y -> snd (proj1_sig s) y /\ dist Y (snd (fst (proj1_sig t))) y < (/ 2) ^ fst (fst (proj1_sig s))).
  assert (inhabitant : exists y : Base Y, True).
  { apply NNPP. intro none. apply bad. exists nil. split; [intros A [] | intros y; exfalso; apply none; exists y; exact I]. }
  destruct inhabitant as [o _].
  assert (start_bad : ~ covered Y C (snd (O, o, fun _ : Base Y => True))).
  { intros [finite [members covers]]. apply bad. exists finite. split; [exact members|]. intros y. apply covers. exact I. }
  destruct (choice state step (exist _ (O, o, fun _ => True) start_bad)) as [path [_ steps]].
  { intros [[[k c] P] bad_P]. simpl in bad_P.
    destruct (uncovered_part Y C P ((/ 2) ^ k) bounded) as [c' worse]; [apply pow_lt; lra | exact bad_P|].
    exists (exist (fun s => ~ covered Y C (snd s)) (S k, c', fun y => P y /\ dist Y c' y < (/ 2) ^ k) worse).
    unfold step. simpl. split; [reflexivity | intros y inside; exact inside]. }
  set (stage := fun k => fst (fst (proj1_sig (path k)))).
  set (centre := fun k => snd (fst (proj1_sig (path k)))).
  set (part := fun k => snd (proj1_sig (path k))).
  assert (stage_is : forall k, stage k = (stage O + k)%nat).
  { induction k as [|k IH]; [lia|]. unfold stage in *. rewrite (proj1 (steps k)), IH. lia. }
  assert (radius : forall k y, part (S k) y -> part k y /\ dist Y (centre (S k)) y < (/ 2) ^ k).
  { intros k y inside. destruct (proj2 (steps k) y inside) as [before close]. split; [exact before|].
    apply Rlt_le_trans with (1 := close). change (fst (fst (proj1_sig (path k)))) with (stage k). rewrite stage_is, pow_add.
    rewrite <- (Rmult_1_l ((/ 2) ^ k)) at 2. apply Rmult_le_compat_r; [apply pow_le; lra|].
    rewrite <- (pow1 (stage O)). apply pow_incr. lra. }
  assert (point_in : forall k, exists y, part k y).
  { intros k. apply NNPP. intro none. apply (proj2_sig (path k)). exists nil. split; [intros A []|].
    intros y inside. exfalso. apply none. exists y. exact inside. }
  assert (decreasing : forall k j y, part (k + j)%nat y -> part k y).
  { intros k. induction j as [|j IH]; intros y inside; [rewrite PeanoNat.Nat.add_0_r in inside; exact inside|].
    apply IH. rewrite PeanoNat.Nat.add_succ_r in inside. apply (radius (k + j)%nat y inside). }
  assert (small : forall eps, 0 < eps -> exists N, (/ 2) ^ N < eps).
  { intros eps eps_pos. destruct (pow_lt_1_zero (/ 2)) with (y := eps) as [N close]; [rewrite Rabs_pos_eq; lra | exact eps_pos|].
    exists N. generalize (close N (le_n N)) (Rle_abs ((/ 2) ^ N)). lra. }
  assert (centres_close : forall k j, (k <= j)%nat -> dist Y (centre (S k)) (centre (S j)) < 2 * (/ 2) ^ k).
  { intros k j le. destruct (point_in (S j)) as [y inside].
    assert (in_k : part (S k) y). { apply (decreasing (S k) (j - k)%nat). replace (S k + (j - k))%nat with (S j) by lia. exact inside. }
    destruct (radius k y in_k) as [_ close_k]. destruct (radius j y inside) as [_ close_j].
    assert (le_pow : (/ 2) ^ j <= (/ 2) ^ k).
    { replace j with (k + (j - k))%nat by lia. rewrite pow_add, <- (Rmult_1_r ((/ 2) ^ k)) at 1.
      rewrite Rmult_1_r. rewrite <- (Rmult_1_r ((/ 2) ^ k)) at 2. apply Rmult_le_compat_l; [apply pow_le; lra|].
      rewrite <- (pow1 (j - k)). apply pow_incr. lra. }
    apply Rle_lt_trans with (1 := dist_tri Y _ _ y). rewrite (dist_sym Y y). lra. }
  destruct (comp (fun k => centre (S k))) as [l limit].
  { intros eps eps_pos. destruct (small (eps / 4)) as [N close]; [lra|]. exists N. intros j k j_le k_le.
    apply Rle_lt_trans with (1 := dist_tri Y _ _ (centre (S N))). rewrite (dist_sym Y (centre (S j))).
    generalize (centres_close N j j_le) (centres_close N k k_le). lra. }
  destruct (cover l) as [A [CA Al]]. destruct (opens A CA l Al) as [r [r_pos inside]].
  destruct (limit (r / 2)) as [N1 near]; [lra|]. destruct (small (r / 2)) as [N2 tiny]; [lra|].
  set (k := (N1 + N2)%nat).
  apply (proj2_sig (path (S k))). exists [A]. split; [intros B [<- | []]; exact CA|].
  intros y in_y. exists A. split; [left; reflexivity|]. apply inside.
  destruct (radius k y in_y) as [_ close].
  assert (le_pow : (/ 2) ^ k <= (/ 2) ^ N2).
  { unfold k. rewrite pow_add. rewrite <- (Rmult_1_l ((/ 2) ^ N2)) at 2. apply Rmult_le_compat_r; [apply pow_le; lra|].
    rewrite <- (pow1 N1). apply pow_incr. lra. }
  apply Rle_lt_trans with (1 := dist_tri Y _ _ (centre (S k))). rewrite (dist_sym Y l).
  generalize (near k ltac:(unfold k; lia)). lra.
Qed.
