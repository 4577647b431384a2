(** Compactness by open covers, for the standard library's metric spaces; products and continuous real functions.

    [compact] is the definition (Rudin, Definition 2.32): every family of open sets that covers the space has a finite list of
    members that covers it. [compactness] is the rest of the fact. No axiom of choice is used: instead of choosing a set for
    each point, the family of all sets that have the property wanted is covered. *)

From Coq Require Import Reals Lra List.
Import ListNotations.
Open Scope R_scope.

Definition is_open (X : Metric_Space) (A : Base X -> Prop) : Prop :=
  forall x, A x -> exists r, 0 < r /\ forall y, dist X x y < r -> A y.

Definition compact (X : Metric_Space) : Prop :=
  forall C : (Base X -> Prop) -> Prop,
  (forall A, C A -> is_open X A) -> (forall x, exists A, C A /\ A x) ->
  exists finite : list (Base X -> Prop), (forall A, In A finite -> C A) /\ (forall x, exists A, In A finite /\ A x).

Definition continuous_real (X : Metric_Space) (f : Base X -> R) : Prop :=
  forall x eps, 0 < eps -> exists delta, 0 < delta /\ forall y, dist X x y < delta -> Rabs (f y - f x) < eps.

Lemma dist_self : forall (X : Metric_Space) (x : Base X), dist X x x = 0.
Proof. intros X x. apply dist_refl. reflexivity. Qed.

Lemma ball_open : forall (X : Metric_Space) (c : Base X) (r : R), is_open X (fun y => dist X c y < r).
Proof.
  intros X c r x near. exists (r - dist X c x). split; [lra|]. intros y close.
  apply Rle_lt_trans with (1 := dist_tri X c y x). lra.
Qed.

(** A property of points and of numbers delta > 0 that holds for all smaller delta, and near each point for some delta, holds
    everywhere for one delta. *)
Theorem compact_uniform : forall (X : Metric_Space) (Q : Base X -> R -> Prop), compact X ->
  (forall y a b, Q y a -> 0 < b <= a -> Q y b) ->
  (forall x, exists r, 0 < r /\ exists delta, 0 < delta /\ forall y, dist X x y < r -> Q y delta) ->
  exists delta, 0 < delta /\ forall y, Q y delta.
Proof.
  intros X Q comp smaller local.
  destruct (comp (fun A => is_open X A /\ exists delta, 0 < delta /\ forall y, A y -> Q y delta))
    as [finite [members cover]].
  { intros A [op _]. exact op. }
  { intros x. destruct (local x) as [r [r_pos [delta [delta_pos all]]]].
    exists (fun y => dist X x y < r). split; [split|].
    - apply ball_open.
    - exists delta. split; assumption.
    - rewrite dist_self. exact r_pos. }
  assert (common : exists delta, 0 < delta /\ forall A, In A finite -> forall y, A y -> Q y delta).
  { clear cover. induction finite as [|A finite IH].
    - exists 1. split; [lra|]. intros A [].
    - destruct IH as [d1 [d1_pos all1]]; [intros B member; apply members; right; exact member|].
      destruct (members A (or_introl eq_refl)) as [_ [d2 [d2_pos all2]]].
      assert (least : 0 < Rmin d1 d2) by (apply Rmin_pos; assumption).
      exists (Rmin d1 d2). split; [exact least|].
      intros B [<- | member] y By.
      + apply smaller with d2; [apply all2, By | split; [exact least | apply Rmin_r]].
      + apply smaller with d1; [apply (all1 B member y By) | split; [exact least | apply Rmin_l]]. }
  destruct common as [delta [delta_pos all]]. exists delta. split; [exact delta_pos|].
  intros y. destruct (cover y) as [A [member Ay]]. exact (all A member y Ay).
Qed.

(** U x X with the larger of the two distances, which has the topology of the product. *)
Definition product_space (X Y : Metric_Space) : Metric_Space.
Proof.
  refine (Build_Metric_Space (Base X * Base Y) (fun p q => Rmax (dist X (fst p) (fst q)) (dist Y (snd p) (snd q))) _ _ _ _).
  - intros p q. apply Rge_trans with (dist X (fst p) (fst q)); [apply Rle_ge, Rmax_l | apply dist_pos].
  - intros p q. rewrite (dist_sym X), (dist_sym Y). reflexivity.
  - intros [x y] [x' y']. simpl. split.
    + intros zero. generalize (Rmax_l (dist X x x') (dist Y y y')) (Rmax_r (dist X x x') (dist Y y y')); intros left right.
      generalize (dist_pos X x x') (dist_pos Y y y'); intros pos1 pos2.
      assert (same : x = x') by (apply (dist_refl X); lra).
      assert (same' : y = y') by (apply (dist_refl Y); lra).
      rewrite same, same'. reflexivity.
    + intros [= <- <-]. rewrite !dist_self. apply Rmax_left. lra.
  - intros p q r. apply Rmax_lub.
    + apply Rle_trans with (1 := dist_tri X _ _ (fst r)). apply Rplus_le_compat; apply Rmax_l.
    + apply Rle_trans with (1 := dist_tri Y _ _ (snd r)). apply Rplus_le_compat; apply Rmax_r.
Defined.

Lemma finite_union : forall (X Z : Type) (C : (Z -> Prop) -> Prop) (inside : (X -> Prop) -> Z -> Prop)
    (finite : list (X -> Prop)),
  (forall A, In A finite -> exists cover, (forall B, In B cover -> C B) /\
     forall z, inside A z -> exists B, In B cover /\ B z) ->
  exists cover, (forall B, In B cover -> C B) /\
     forall A, In A finite -> forall z, inside A z -> exists B, In B cover /\ B z.
Proof.
  intros X Z C inside finite. induction finite as [|A finite IH]; intros each.
  - exists nil. split; [intros B [] | intros A []].
  - destruct IH as [rest [rest_in rest_covers]]; [intros B member; apply each; right; exact member|].
    destruct (each A (or_introl eq_refl)) as [first [first_in first_covers]].
    exists (first ++ rest). split.
    + intros B member. apply in_app_or in member. destruct member; [apply first_in | apply rest_in]; assumption.
    + intros B [<- | member] z inz.
      * destruct (first_covers z inz) as [D [D_in Dz]]. exists D. split; [apply in_or_app; left|]; assumption.
      * destruct (rest_covers B member z inz) as [D [D_in Dz]]. exists D. split; [apply in_or_app; right|]; assumption.
Qed.

Theorem product_compact : forall X Y : Metric_Space, compact X -> compact Y -> compact (product_space X Y).
Proof.
  intros X Y compX compY C opens covers.
  (* W is good if finitely many members of C cover W x Y; the tube lemma says that good open sets cover X *)
  set (good := fun W : Base X -> Prop => exists finite, (forall A, In A finite -> C A) /\
    forall z : Base (product_space X Y), W (fst z) -> exists A, In A finite /\ A z).
  assert (tube : forall x, exists W, (is_open X W /\ good W) /\ W x).
  { intros x.
    destruct (compY (fun V => is_open Y V /\ exists r, 0 < r /\ exists A, C A /\
      forall z : Base (product_space X Y), dist X x (fst z) < r -> V (snd z) -> A z)) as [finite [members cover]].
    { intros V [op _]. exact op. }
    { intros y. destruct (covers (x, y)) as [A [CA inA]]. destruct (opens A CA (x, y) inA) as [r [r_pos inside]].
      exists (fun y' => dist Y y y' < r). split; [split|].
      - apply ball_open.
      - exists r. split; [exact r_pos|]. exists A. split; [exact CA|]. intros z near1 near2.
        apply inside. simpl. apply Rmax_lub_lt; assumption.
      - rewrite dist_self. exact r_pos. }
    assert (common : exists r, 0 < r /\ forall V, In V finite -> exists A, C A /\
      forall z : Base (product_space X Y), dist X x (fst z) < r -> V (snd z) -> A z).
    { clear cover. induction finite as [|V finite IH].
      - exists 1. split; [lra|]. intros V [].
      - destruct IH as [r1 [r1_pos all]]; [intros B member; apply members; right; exact member|].
        destruct (members V (or_introl eq_refl)) as [_ [r2 [r2_pos [A [CA inside]]]]].
        exists (Rmin r1 r2). split; [apply Rmin_pos; assumption|].
        generalize (Rmin_l r1 r2) (Rmin_r r1 r2); intros le1 le2.
        intros B [<- | member].
        + exists A. split; [exact CA|]. intros z near. apply inside. lra.
        + destruct (all B member) as [A' [CA' inside']]. exists A'. split; [exact CA'|].
          intros z near. apply inside'. lra. }
    destruct common as [r [r_pos common]].
    exists (fun x' => dist X x x' < r). split; [split|].
    - apply ball_open.
    - destruct (finite_union (Base Y) (Base (product_space X Y)) C
        (fun V z => dist X x (fst z) < r /\ V (snd z)) finite) as [total [total_in total_covers]].
      { intros V member. destruct (common V member) as [A [CA inside]]. exists [A]. split.
        - intros B [<- | []]. exact CA.
        - intros z [near Vz]. exists A. split; [left; reflexivity | apply inside; assumption]. }
      exists total. split; [exact total_in|]. intros z near.
      destruct (cover (snd z)) as [V [member Vz]]. apply (total_covers V member z). split; assumption.
    - rewrite dist_self. exact r_pos. }
  destruct (compX (fun W => is_open X W /\ good W)) as [finite [members cover]].
  { intros W [op _]. exact op. }
  { exact tube. }
  destruct (finite_union (Base X) (Base (product_space X Y)) C (fun W z => W (fst z)) finite)
    as [total [total_in total_covers]].
  { intros W member. destruct (members W member) as [_ is_good]. exact is_good. }
  exists total. split; [exact total_in|]. intros z.
  destruct (cover (fst z)) as [W [member Wz]]. exact (total_covers W member z Wz).
Qed.

Theorem continuous_bounded : forall (X : Metric_Space) (f : Base X -> R), compact X -> continuous_real X f ->
  exists M, forall x, Rabs (f x) <= M.
Proof.
  intros X f comp cont.
  destruct (compact_uniform X (fun y delta => Rabs (f y) <= / delta) comp) as [delta [delta_pos all]].
  - intros y a b bound range. apply Rle_trans with (1 := bound). apply Rinv_le_contravar; lra.
  - intros x. destruct (cont x 1 Rlt_0_1) as [r [r_pos near]]. exists r. split; [exact r_pos|].
    generalize (Rabs_pos (f x)); intro pos.
    exists (/ (Rabs (f x) + 1)). split; [apply Rinv_0_lt_compat; lra|]. intros y close. rewrite Rinv_inv.
    specialize (near y close). replace (f y) with ((f y - f x) + f x) by ring.
    apply Rle_trans with (1 := Rabs_triang _ _). lra.
  - exists (/ delta). exact all.
Qed.

(** The fact. Its first part, a finite subcover of every open cover, is the definition of [compact]. *)
Theorem compactness : forall X Y : Metric_Space, compact X -> compact Y ->
  compact (product_space X Y) /\ forall f : Base X -> R, continuous_real X f -> exists M, forall x, Rabs (f x) <= M.
Proof.
  intros X Y compX compY. split.
  - apply product_compact; assumption.
  - intros f cont. apply continuous_bounded; assumption.
Qed.
